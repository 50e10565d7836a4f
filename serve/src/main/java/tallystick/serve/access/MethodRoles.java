package tallystick.serve.access;

import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status.Code;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import tallystick.proto.v1.AccessProto;
import tallystick.proto.v1.Role;
import tallystick.serve.call.Problem;

/// Which role each method needs, as the contract says. What is not listed is callable by nobody. Immutable.
public final class MethodRoles {
    /// Services of gRPC's own, which tell nothing of the ledger: for every client.
    private static final Set<String> FOR_ALL =
            Set.of(
                    "grpc.health.v1.Health",
                    "grpc.reflection.v1.ServerReflection",
                    "grpc.reflection.v1alpha.ServerReflection");

    private final Map<String, Role> needed;

    private MethodRoles(Map<String, Role> needed) {
        this.needed = Map.copyOf(needed);
    }

    /// @throws IllegalStateException when a method names no role
    public static MethodRoles of(Collection<ServerServiceDefinition> services) {
        Map<String, Role> needed = new HashMap<>();
        for (ServerServiceDefinition service : services) {
            for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
                String name = method.getMethodDescriptor().getFullMethodName();
                needed.put(name, role(name, method));
            }
        }
        return new MethodRoles(needed);
    }

    /// @throws io.grpc.StatusRuntimeException when the client's roles are not enough
    void require(Client client, String method) {
        String service = method.substring(0, Math.max(0, method.lastIndexOf('/')));
        if (FOR_ALL.contains(service)) {
            return;
        }
        Role role = needed.getOrDefault(method, Role.ROLE_UNSPECIFIED);
        if (role == Role.ROLE_UNSPECIFIED || !client.roles().contains(role)) {
            throw Problem.of(
                    Code.PERMISSION_DENIED,
                    "ROLE_MISSING",
                    "%s: %s may not call it (expected: the role %s)"
                            .formatted(method, client.name(), Roles.text(role)));
        }
    }

    private static Role role(String name, ServerMethodDefinition<?, ?> method) {
        Role role =
                method.getMethodDescriptor().getSchemaDescriptor()
                                instanceof ProtoMethodDescriptorSupplier described
                        ? described
                                .getMethodDescriptor()
                                .getOptions()
                                .getExtension(AccessProto.role)
                        : Role.ROLE_UNSPECIFIED;
        if (role == Role.ROLE_UNSPECIFIED) {
            throw new IllegalStateException(
                    "%s: names no role (expected: option (role) in its .proto)".formatted(name));
        }
        return role;
    }
}
