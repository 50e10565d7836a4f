package tallystick.ops;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Modules depend on each other in the direction of the flow, and each rule says what it is good for.
class ArchitectureTest {
    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    // Other modules' helpers for tests.
                    .withImportOption(location -> !location.contains("-tests.jar"))
                    .importPackages("tallystick");

    /// A module, what of ours it may see, and why no more.
    private record Module(String name, String reason, Set<String> allowed) {
        String packages() {
            return "tallystick." + name + "..";
        }

        String[] forbidden() {
            return MODULES.stream()
                    .filter(other -> !other.equals(this) && !allowed.contains(other.name))
                    .map(Module::packages)
                    .toArray(String[]::new);
        }
    }

    private static final List<Module> MODULES =
            List.of(
                    new Module(
                            "ledger",
                            "the rules of money must be readable and testable without anything else",
                            Set.of()),
                    new Module(
                            "proto", "the contract is for everybody, so it knows nobody", Set.of()),
                    new Module(
                            "kafka",
                            "both sides of every topic share it, so it knows neither",
                            Set.of("ledger")),
                    new Module(
                            "db",
                            "the schema follows the domain, whoever fills or reads it",
                            Set.of("ledger")),
                    new Module(
                            "ingest",
                            "what nodes say reaches the ledger through Kafka alone: then it can be applied again",
                            Set.of("ledger", "proto", "kafka")),
                    new Module(
                            "reconcile",
                            "it trusts records, never a node: whoever made them, even a recording",
                            Set.of("ledger", "proto", "kafka", "db")),
                    new Module(
                            "report",
                            "a report is a pure function of one reading of the ledger",
                            Set.of("ledger", "proto", "db")),
                    new Module(
                            "serve",
                            "it answers from the ledger as any reader does, so that several may run, and none is needed",
                            Set.of("ledger", "proto", "db", "report")),
                    new Module(
                            "simulator",
                            "a node that shared code with its follower would share its mistakes",
                            Set.of("proto")),
                    new Module(
                            "ops",
                            "it puts the others together, so nobody may need it",
                            Set.of(
                                    "ledger",
                                    "proto",
                                    "kafka",
                                    "db",
                                    "ingest",
                                    "reconcile",
                                    "report",
                                    "serve",
                                    "simulator")));

    @TestFactory
    Stream<DynamicTest> modulesSeeOnlyWhatTheyMay() {
        return MODULES.stream()
                .filter(module -> module.forbidden().length > 0)
                .map(
                        module ->
                                DynamicTest.dynamicTest(
                                        module.name() + ": " + module.reason(),
                                        () -> check(onlyAllowed(module))));
    }

    private static ArchRule onlyAllowed(Module module) {
        return noClasses()
                .that()
                .resideInAPackage(module.packages())
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(module.forbidden())
                .because(module.reason());
    }

    @Test
    void noModulesGoInCircles() {
        check(
                slices().matching("tallystick.(*)..")
                        .should()
                        .beFreeOfCycles()
                        .because("a circle is one module with two names"));
    }

    @Test
    void theDomainIsPureJava() {
        check(
                classes()
                        .that()
                        .resideInAPackage("tallystick.ledger..")
                        .should()
                        .onlyDependOnClassesThat()
                        .resideInAnyPackage(
                                "tallystick.ledger..", "java..", "org.jspecify.annotations..")
                        .because(
                                "rules that need a library cannot be checked by reading them, nor outlive it"));
        check(
                noClasses()
                        .that()
                        .resideInAPackage("tallystick.ledger..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage(
                                "java.io..", "java.nio.file..", "java.net..", "java.sql..")
                        .because(
                                "a decision depends on evidence and a moment, not on what it could read"));
    }

    @Test
    void onlyDbKnowsPostgres() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("tallystick.db..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAnyPackage("org.postgresql..", "org.flywaydb..", "com.zaxxer..")
                        .because("the schema and how it is reached can then change in one place"));
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("tallystick.db..")
                        // They read the business's own database, with its own query and never ours.
                        .and()
                        .haveNameNotMatching("tallystick\\.ingest\\.books\\.Sql.*")
                        .should()
                        .dependOnClassesThat(sqlApartFromHandles())
                        .because(
                                "SQL elsewhere would escape the test that prepares every statement; a Connection is handed on only as the transaction it stands for"));
    }

    private static DescribedPredicate<JavaClass> sqlApartFromHandles() {
        return resideInAnyPackage("java.sql..", "javax.sql..")
                .and(
                        DescribedPredicate.describe(
                                "are more than the handle of a transaction and its failure",
                                type ->
                                        !List.of(
                                                        "java.sql.Connection",
                                                        "java.sql.SQLException",
                                                        "javax.sql.DataSource")
                                                .contains(type.getName())));
    }

    @Test
    void onlyTheEmbeddedBrokerKnowsKafkasInside() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("tallystick.ops.embedded..")
                        .should()
                        .dependOnClassesThat(
                                resideInAPackage("kafka..")
                                        .or(
                                                resideInAnyPackage(
                                                        "org.apache.kafka.server..",
                                                        "org.apache.kafka.metadata..",
                                                        "org.apache.kafka.storage..")))
                        .because("these classes change with every release of Kafka"));
    }

    @Test
    void commandsAreNeededByNobody() {
        check(
                noClasses()
                        .that()
                        .resideOutsideOfPackage("tallystick.ops.cli..")
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage("tallystick.ops.cli..")
                        .because(
                                "a command is one way to call the program; another must not need it"));
    }

    private static void check(ArchRule rule) {
        rule.check(CLASSES);
    }
}
