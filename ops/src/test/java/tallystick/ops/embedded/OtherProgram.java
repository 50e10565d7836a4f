package tallystick.ops.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// Another Java program that runs embedded services until it is killed.
final class OtherProgram {
    private static final String READY = "ready ";

    private OtherProgram() {}

    static Process start(Path home, Path cache) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(OtherProgram.class.getName());
        command.add(home.toString());
        command.add(cache.toString());
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /// The address of its Postgres, once all is running.
    static String awaitReady(Process process) throws IOException {
        try (var lines = process.inputReader(UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(READY)) {
                    return line.substring(READY.length());
                }
            }
        }
        throw new IOException("the other program ended before it was ready");
    }

    public static void main(String[] arguments) throws Exception {
        var data = DataDirectory.take(Path.of(arguments[0]));
        var services = EmbeddedServices.start(data, Path.of(arguments[1]), EmbeddedServicesIT.BOTH);
        EmbeddedServicesIT.createTopic(EmbeddedServicesIT.kafka(services));
        EmbeddedServicesIT.send(EmbeddedServicesIT.kafka(services), "from the other");
        EmbeddedServicesIT.execute(services, "CREATE TABLE kept (value text)");
        EmbeddedServicesIT.execute(services, "INSERT INTO kept VALUES ('first')");
        System.out.println(READY + EmbeddedServicesIT.database(services).url());
        new CountDownLatch(1).await();
    }
}
