package tallystick.simulator.node;

import tallystick.proto.lnrpc.ForwardingEvent;

/// Something on its way through the node, from one channel to another.
record SimForward(
        SimChannel in, long inIndex, long inMsat, SimChannel out, long outIndex, long outMsat) {
    private static final long MSAT = 1000;
    private static final long SECOND = 1_000_000_000L;

    ForwardingEvent event(long nanos) {
        return ForwardingEvent.newBuilder()
                .setTimestamp(nanos / SECOND)
                .setTimestampNs(nanos)
                .setChanIdIn(in.chanId)
                .setChanIdOut(out.chanId)
                .setAmtIn(inMsat / MSAT)
                .setAmtOut(outMsat / MSAT)
                .setFee((inMsat - outMsat) / MSAT)
                .setFeeMsat(inMsat - outMsat)
                .setAmtInMsat(inMsat)
                .setAmtOutMsat(outMsat)
                .setIncomingHtlcId(inIndex)
                .setOutgoingHtlcId(outIndex)
                .build();
    }
}
