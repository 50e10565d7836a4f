package tallystick.serve.web.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.proto.v1.Role;

/// Which page answers which path, and for whom. Made once, before anything is served.
public final class Routes {
    private final List<Route> all = new ArrayList<>();

    /// Makes an answer. What it throws is told to the person: a [WebProblem] as it stands, a refusal of the API in its words,
    /// anything else as an error under an id.
    public interface Page {
        Answer answer(Visit visit);
    }

    /// @param role that it needs; empty for everybody, signed in or not
    record Route(String method, String[] pattern, Optional<Role> role, Page page) {
        Optional<Map<String, String>> parts(String[] path) {
            if (path.length != pattern.length) {
                return Optional.empty();
            }
            Map<String, String> parts = new HashMap<>();
            for (int i = 0; i < path.length; i++) {
                if (pattern[i].startsWith("{")) {
                    parts.put(pattern[i].substring(1, pattern[i].length() - 1), path[i]);
                } else if (!pattern[i].equals(path[i])) {
                    return Optional.empty();
                }
            }
            return Optional.of(parts);
        }
    }

    /// A route with what the path filled in.
    record Match(Route route, Map<String, String> parts) {}

    /// A page that is read.
    ///
    /// @param path whose parts in braces are any: `/mismatches/{id}`
    public Routes get(String path, Role role, Page page) {
        return add("GET", path, Optional.of(role), page);
    }

    /// A form that is sent: comes here only with the token that we gave its browser.
    public Routes post(String path, Role role, Page page) {
        return add("POST", path, Optional.of(role), page);
    }

    /// A page for everybody, signed in or not.
    public Routes openGet(String path, Page page) {
        return add("GET", path, Optional.empty(), page);
    }

    /// A form for everybody, signed in or not.
    public Routes openPost(String path, Page page) {
        return add("POST", path, Optional.empty(), page);
    }

    private Routes add(String method, String path, Optional<Role> role, Page page) {
        all.add(new Route(method, split(path), role, page));
        return this;
    }

    /// @throws WebProblem when nothing is there, or not for this method
    Match find(WebRequest request) {
        String method = request.method().equals("HEAD") ? "GET" : request.method();
        String[] path = split(request.path());
        boolean isThere = false;
        for (Route route : all) {
            Optional<Map<String, String>> parts = route.parts(path);
            if (parts.isPresent()) {
                isThere = true;
                if (route.method().equals(method)) {
                    return new Match(route, parts.get());
                }
            }
        }
        throw isThere
                ? new WebProblem(405, "This page does not take that. Nothing was changed.")
                : WebProblem.notFound("page at this address");
    }

    /// The pattern of the path, for those who count; `none` where there is no page.
    String pattern(WebRequest request) {
        String[] path = split(request.path());
        return all.stream()
                .filter(route -> route.parts(path).isPresent())
                .findFirst()
                .map(route -> String.join("/", route.pattern()))
                .orElse("none");
    }

    private static String[] split(String path) {
        return path.split("/", -1);
    }
}
