package tallystick.ops.cli;

import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;
import tallystick.db.DatabaseException;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.kafka.Refusal;
import tallystick.kafka.TopicException;
import tallystick.ops.bench.BenchException;
import tallystick.ops.config.ConfigurationException;
import tallystick.ops.embedded.EmbeddedException;
import tallystick.ops.pipeline.LiveRun;
import tallystick.reconcile.ReconcileException;
import tallystick.report.figures.PlainText;
import tallystick.serve.ServeException;
import tallystick.serve.access.AccessException;
import tallystick.simulator.replay.ReplayException;
import tallystick.simulator.replay.ReplayStalledException;

/// Turns what went wrong into clear lines on stderr and an exit code. The whole story goes to the log, and to the terminal
/// with `--verbose`.
final class Failures implements IExecutionExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    @Override
    public int handleExecutionException(Exception thrown, CommandLine command, ParseResult parsed) {
        Throwable exception = unwrapped(thrown);
        // They repeat what stands in files of others.
        lines(exception)
                .forEach(
                        line -> command.getErr().println("tallystick: " + PlainText.oneLine(line)));
        command.getErr().flush();
        LOG.atInfo().setCause(exception).log("command failed");
        if (parsed.expandedArgs().contains("--verbose")) {
            exception.printStackTrace(command.getErr());
        }
        return exitCode(exception);
    }

    static int exitCode(Throwable exception) {
        return switch (exception) {
            case CommandException e -> e.exitCode();
            case ConfigurationException _, AccessException _, ServeException _ ->
                    ExitCode.BAD_CONFIGURATION;
            case IngestException e -> exitCode(e.code());
            case ReplayStalledException _ -> ExitCode.UNAVAILABLE;
            case ReplayException e when e.getCause() instanceof IngestException cause ->
                    exitCode(cause.code());
            case ReplayException _ -> ExitCode.BAD_INPUT;
            case TopicException e when Refusal.is(e) -> ExitCode.BAD_CONFIGURATION;
            case KafkaException e when Refusal.is(e) -> ExitCode.BAD_CONFIGURATION;
            case DatabaseException e when e.kind() == DatabaseException.Kind.FATAL ->
                    ExitCode.INTERNAL;
            case DatabaseException _,
                    EmbeddedException _,
                    TopicException _,
                    ReconcileException _,
                    LiveRun.NoNodeException _,
                    BenchException _,
                    KafkaException _ ->
                    ExitCode.UNAVAILABLE;
            case InterruptedException _ -> ExitCode.INTERRUPTED;
            default -> ExitCode.INTERNAL;
        };
    }

    private static int exitCode(ErrorCode code) {
        return switch (code) {
            case USER -> ExitCode.BAD_INPUT;
            case EXTERNAL -> ExitCode.UNAVAILABLE;
            case INTERNAL -> ExitCode.INTERNAL;
        };
    }

    private static List<String> lines(Throwable exception) {
        return switch (exception) {
            case ConfigurationException e -> e.errors();
            case CommandException e -> text(e);
            case IngestException e -> text(e);
            case ReplayException e -> text(e);
            case DatabaseException e -> text(e);
            case EmbeddedException e -> text(e);
            case TopicException e -> text(e);
            case ReconcileException e -> text(e);
            case LiveRun.NoNodeException e -> text(e);
            case BenchException e -> text(e);
            case AccessException e -> text(e);
            case ServeException e -> text(e);
            case KafkaException e when Refusal.is(e) ->
                    List.of(
                            "Kafka: %s (expected: in kafka.properties-file, a login that may do this)"
                                    .formatted(Refusal.reason(e)));
            case KafkaException e ->
                    List.of(
                            "Kafka: %s (expected: a broker that answers)"
                                    .formatted(e.getMessage()));
            case InterruptedException _ -> List.of("stopped");
            default ->
                    List.of(
                            "internal error: %s (expected: none; the log in the data directory has the whole of it)"
                                    .formatted(exception));
        };
    }

    private static List<String> text(Throwable exception) {
        return String.valueOf(exception.getMessage()).lines().toList();
    }

    private static Throwable unwrapped(Throwable exception) {
        Throwable cause = exception.getCause();
        boolean isWrapper =
                exception instanceof ExecutionException || exception instanceof CompletionException;
        return isWrapper && cause != null ? unwrapped(cause) : exception;
    }
}
