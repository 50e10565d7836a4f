package tallystick.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.proto.v1.GetMismatchRequest;
import tallystick.proto.v1.ListMismatchesRequest;
import tallystick.proto.v1.MismatchServiceGrpc;
import tallystick.proto.v1.Role;
import tallystick.proto.v1.WatchMismatchesRequest;
import tallystick.serve.testing.Browser;
import tallystick.serve.testing.TestApi;
import tallystick.serve.testing.TestWeb;

class ServeMetricsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final String LIST = "tallystick.v1.MismatchService/ListMismatches";
    private static final String GET = "tallystick.v1.MismatchService/GetMismatch";
    private static final String WATCH = "tallystick.v1.MismatchService/WatchMismatches";

    @TempDir Path directory;

    @Test
    void callsAreCountedByMethodAndStatus() throws Exception {
        try (var api = new TestApi(directory)) {
            var viewer = MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_VIEWER));
            for (int i = 0; i < 3; i++) {
                var _ = viewer.listMismatches(ListMismatchesRequest.getDefaultInstance());
            }
            assertThatThrownBy(
                            () ->
                                    viewer.getMismatch(
                                            GetMismatchRequest.newBuilder()
                                                    .setMismatchId("00".repeat(32))
                                                    .build()))
                    .isInstanceOf(StatusRuntimeException.class);
            assertThatThrownBy(
                            () ->
                                    MismatchServiceGrpc.newBlockingStub(
                                                    api.as(Role.ROLE_BOOKKEEPER))
                                            .listMismatches(
                                                    ListMismatchesRequest.getDefaultInstance()))
                    .isInstanceOf(StatusRuntimeException.class);

            MeterRegistry meters = api.meters();
            await(() -> counter(meters, "calls", "method", LIST, "status", "OK"), 3);
            await(() -> counter(meters, "calls", "method", LIST, "status", "PERMISSION_DENIED"), 1);
            await(() -> counter(meters, "calls", "method", GET, "status", "NOT_FOUND"), 1);
            await(() -> counter(meters, "refusals", "reason", "NOT_FOUND"), 1);
            assertThat(meters.get("tallystick.api.latency").tag("method", LIST).timer().count())
                    .isEqualTo(4);
            await(() -> meters.get("tallystick.api.connections").gauge().value(), 2);
        }
    }

    @Test
    void whoCallsTooOftenIsCounted() throws Exception {
        try (var api = new TestApi(directory, 1)) {
            var viewer = MismatchServiceGrpc.newBlockingStub(api.as(Role.ROLE_VIEWER));
            assertThatThrownBy(
                            () -> {
                                for (int i = 0; i < 10; i++) {
                                    var _ =
                                            viewer.listMismatches(
                                                    ListMismatchesRequest.getDefaultInstance());
                                }
                            })
                    .isInstanceOf(StatusRuntimeException.class);

            await(() -> counter(api.meters(), "refusals", "reason", "RATE_LIMIT"), 1);
        }
    }

    @Test
    void streamsAreCountedWhileTheyAreOpen() throws Exception {
        try (var api = new TestApi(directory)) {
            var context = io.grpc.Context.current().withCancellation();
            context.run(
                    () -> {
                        var watch =
                                MismatchServiceGrpc.newBlockingStub(as(api))
                                        .watchMismatches(
                                                WatchMismatchesRequest.getDefaultInstance());
                        assertThat(watch.next().hasPlace()).isTrue();
                        await(() -> streams(api.meters()), 1);
                    });
            context.cancel(null);

            await(() -> streams(api.meters()), 0);
            await(() -> counter(api.meters(), "calls", "method", WATCH, "status", "CANCELLED"), 1);
            assertThat(api.meters().find("tallystick.api.latency").tag("method", WATCH).timer())
                    .as("a stream's length is no latency")
                    .isNull();
        }
    }

    private static io.grpc.ManagedChannel as(TestApi api) {
        try {
            return api.as(Role.ROLE_VIEWER);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void pagesAreCountedByRouteAndStatus() throws Exception {
        try (var web = new TestWeb(InstantSource.system())) {
            Browser ann = web.browser("ann", "viewer");
            assertThat(ann.get("/mismatches/" + "00".repeat(32)).statusCode()).isEqualTo(404);
            assertThat(ann.get("/mismatches/" + "11".repeat(32)).statusCode()).isEqualTo(404);
            assertThat(ann.get("/wp-admin").statusCode()).isEqualTo(404);
            assertThat(web.browser().signIn("ann", "not her password").statusCode()).isEqualTo(403);

            MeterRegistry meters = web.meters();
            await(() -> pages(meters, "/mismatches/{id}", "GET", "404"), 2);
            await(() -> pages(meters, "none", "GET", "404"), 1);
            await(() -> pages(meters, "/sign-in", "POST", "303"), 1);
            await(() -> pages(meters, "/sign-in", "POST", "403"), 1);
            assertThat(
                            meters.get("tallystick.web.signins.refused")
                                    .tag("reason", "wrong")
                                    .counter()
                                    .count())
                    .isEqualTo(1);
            assertThat(meters.get("tallystick.web.followers").gauge().value()).isZero();
        }
    }

    private static double counter(MeterRegistry meters, String name, String... tags) {
        var counter = meters.find("tallystick.api." + name).tags(tags).counter();
        return counter == null ? 0 : counter.count();
    }

    private static double streams(MeterRegistry meters) {
        var gauge = meters.find("tallystick.api.streams").tag("method", WATCH).gauge();
        return gauge == null ? 0 : gauge.value();
    }

    private static double pages(MeterRegistry meters, String route, String method, String status) {
        var timer =
                meters.find("tallystick.web.requests")
                        .tags("route", route, "method", method, "status", status)
                        .timer();
        return timer == null ? 0 : timer.count();
    }

    /// A client has its answer a moment before it is counted.
    private static void await(DoubleSupplier figure, double expected) {
        Instant end = Instant.now().plus(PATIENCE);
        while (figure.getAsDouble() != expected && Instant.now().isBefore(end)) {
            Thread.onSpinWait();
        }
        assertThat(figure.getAsDouble()).isEqualTo(expected);
    }
}
