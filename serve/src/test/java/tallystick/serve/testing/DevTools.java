package tallystick.serve.testing;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A browser's DevTools protocol: commands with their answers, and which pages have loaded. Asked by one thread.
final class DevTools implements WebSocket.Listener, AutoCloseable {
    /// A browser that draws a very long page on a busy machine needs it.
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger numbers = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();
    private final Map<String, BlockingQueue<String>> loads = new ConcurrentHashMap<>();
    private final StringBuilder message = new StringBuilder();
    private final WebSocket socket;

    DevTools(URI address) {
        socket = client.newWebSocketBuilder().buildAsync(address, this).join();
    }

    /// @param session of a page; empty for the browser itself
    /// @param parameters as the protocol names them
    JsonNode ask(String session, String method, Map<String, ?> parameters)
            throws InterruptedException {
        ObjectNode command = JsonMapper.shared().createObjectNode();
        int number = numbers.incrementAndGet();
        command.put("id", number);
        command.put("method", method);
        command.set("params", JsonMapper.shared().valueToTree(parameters));
        if (!session.isEmpty()) {
            command.put("sessionId", session);
        }
        var answer = new CompletableFuture<JsonNode>();
        asked.put(number, answer);
        socket.sendText(command.toString(), true).join();
        try {
            return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("%s: no answer".formatted(method), e);
        }
    }

    /// Loads of a page are waited for from now on.
    void expectLoad(String session) {
        loads.computeIfAbsent(session, _ -> new LinkedBlockingQueue<>()).clear();
    }

    void awaitLoad(String session) throws InterruptedException {
        if (queue(session).poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS) == null) {
            throw new AssertionError("the page has not loaded after " + PATIENCE);
        }
    }

    private BlockingQueue<String> queue(String session) {
        return loads.computeIfAbsent(session, _ -> new LinkedBlockingQueue<>());
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
        message.append(part);
        if (isLast) {
            receive(JsonMapper.shared().readTree(message.toString()));
            message.setLength(0);
        }
        from.request(1);
        return null;
    }

    private void receive(JsonNode told) {
        if (told.path("method").asString("").equals("Page.loadEventFired")) {
            queue(told.path("sessionId").asString()).add("loaded");
        }
        CompletableFuture<JsonNode> answer = asked.remove(told.path("id").asInt(0));
        if (answer == null) {
            return;
        }
        if (told.has("error")) {
            answer.completeExceptionally(new IllegalStateException(told.toString()));
        } else {
            answer.complete(told.path("result"));
        }
    }

    @Override
    public void close() {
        socket.abort();
        client.shutdownNow();
    }
}
