package tallystick.simulator.replay;

import com.google.protobuf.AbstractMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import tallystick.proto.lnrpc.Chain;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.WalletState;
import tallystick.simulator.server.Rpc;

/// Writes a recording line by line, for tests.
final class RecordingFile {
    static final AbstractMessage INFO = info("ab");

    private final List<String> lines = new ArrayList<>();
    private final AbstractMessage info;
    private long at;
    private long nextCall = 1;

    RecordingFile(long at) {
        this(at, INFO);
    }

    private RecordingFile(long at, AbstractMessage info) {
        this.at = at;
        this.info = info;
    }

    /// Of a node beside that of others.
    static RecordingFile ofNeighbour(long at) {
        return new RecordingFile(at, info("cd"));
    }

    private static AbstractMessage info(String twoDigits) {
        return GetInfoResponse.newBuilder()
                .setIdentityPubkey("02" + twoDigits.repeat(32))
                .addChains(Chain.newBuilder().setChain("bitcoin").setNetwork("regtest"))
                .build();
    }

    RecordingFile at(long moment) {
        at = moment;
        return this;
    }

    RecordingFile mark(String text) {
        lines.add("{\"at\":%d,\"mark\":\"%s\"}".formatted(at++, text));
        return this;
    }

    /// Returns the call's number.
    long request(String rpc, AbstractMessage request) {
        long call = nextCall++;
        add(call, rpc, "request", ",\"bytes\":\"%s\"".formatted(base64(request)));
        return call;
    }

    RecordingFile message(long call, String rpc, AbstractMessage message) {
        return add(call, rpc, "message", ",\"bytes\":\"%s\"".formatted(base64(message)));
    }

    RecordingFile end(long call, String rpc, int code, String detail) {
        return add(call, rpc, "end", ",\"code\":%d,\"detail\":\"%s\"".formatted(code, detail));
    }

    RecordingFile failed(String rpc, AbstractMessage request, int code, String detail) {
        return end(request(rpc, request), rpc, code, detail);
    }

    RecordingFile state(long call, WalletState state) {
        return message(
                call,
                Rpc.SUBSCRIBE_STATE,
                SubscribeStateResponse.newBuilder().setState(state).build());
    }

    /// With GetInfo, and the given answers.
    RecordingFile checkpoint(int number, Map<String, AbstractMessage> answers) {
        mark("checkpoint %d begin".formatted(number));
        list(Rpc.GET_INFO, info);
        answers.forEach(this::list);
        return mark("checkpoint %d end".formatted(number));
    }

    void write(Path directory, String alias) throws IOException {
        Files.createDirectories(directory);
        Files.write(directory.resolve(alias + ".jsonl"), lines);
    }

    private void list(String rpc, AbstractMessage answer) {
        long call = nextCall++;
        add(call, rpc, "request", ",\"bytes\":\"\"");
        message(call, rpc, answer);
        end(call, rpc, 0, "");
    }

    private RecordingFile add(long call, String rpc, String event, String rest) {
        lines.add(
                "{\"at\":%d,\"call\":%d,\"rpc\":\"%s\",\"event\":\"%s\"%s}"
                        .formatted(at++, call, rpc, event, rest));
        return this;
    }

    private static String base64(AbstractMessage message) {
        return Base64.getEncoder().encodeToString(message.toByteArray());
    }
}
