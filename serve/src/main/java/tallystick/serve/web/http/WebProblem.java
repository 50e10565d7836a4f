package tallystick.serve.web.http;

/// A request that is not answered as asked. Its message is shown to the person: what is the case, what still holds, what to do.
public final class WebProblem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /// @param status of HTTP, 400 to 599
    /// @param message in full sentences
    public WebProblem(int status, String message) {
        super(message);
        this.status = status;
    }

    public int status() {
        return status;
    }

    public static WebProblem notFound(String what) {
        return new WebProblem(404, "There is no %s.".formatted(what));
    }
}
