package tallystick.ops.pipeline;

/// The pipeline cannot go on, for a reason that is not its own mistake.
public final class PipelineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public PipelineException(String message, Throwable cause) {
        super(message, cause);
    }
}
