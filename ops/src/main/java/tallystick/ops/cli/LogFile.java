package tallystick.ops.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.spi.FilterReply;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import tallystick.ops.embedded.DataDirectory;

/// Where log events go: warnings of ours and errors of anyone to stderr, all the rest to a file in the data directory.
/// Set up in code, which is quicker to start than a file of XML. Found by Logback as a service.
public final class LogFile extends ContextAwareBase implements Configurator {
    private static final String CONSOLE = "console";

    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSX,UTC} %-5level [%thread] %logger{20} %msg %kvp{DOUBLE}%n%ex";

    /// Ten of these are a week of a busy ledger.
    private static final FileSize FILE_SIZE = FileSize.valueOf("20MB");

    private static final int FILES = 10;

    /// Before a command has named its data directory.
    @Override
    public ExecutionStatus configure(LoggerContext context) {
        console(context, false);
        quiet(context);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /// From here on events go to `logs/tallystick.log` in the data directory.
    static void open(Path data, boolean verbose) {
        var context = (LoggerContext) LoggerFactory.getILoggerFactory();
        makeDirectory(data);
        context.reset();
        console(context, verbose);
        file(context, data.resolve("logs").resolve("tallystick.log"));
        quiet(context);
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static void makeDirectory(Path data) {
        try {
            DataDirectory.make(data);
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.UNAVAILABLE,
                    "data directory: %s: %s (expected: a directory that can be written)"
                            .formatted(data, e),
                    e);
        }
    }

    private static void file(LoggerContext context, Path path) {
        var appender = new RollingFileAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setFile(path.toString());
        var window = new FixedWindowRollingPolicy();
        window.setContext(context);
        window.setParent(appender);
        window.setFileNamePattern(path + ".%i");
        window.setMaxIndex(FILES);
        window.start();
        var size = new SizeBasedTriggeringPolicy<ILoggingEvent>();
        size.setContext(context);
        size.setMaxFileSize(FILE_SIZE);
        size.start();
        appender.setRollingPolicy(window);
        appender.setTriggeringPolicy(size);
        add(context, appender, PATTERN);
    }

    private static void console(LoggerContext context, boolean verbose) {
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setName(CONSOLE);
        appender.setTarget("System.err");
        if (!verbose) {
            appender.addFilter(new ForPeople());
        }
        add(context, appender, "tallystick: %msg %kvp{NONE}%n%nopex");
    }

    private static void add(
            LoggerContext context, OutputStreamAppender<ILoggingEvent> appender, String pattern) {
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setCharset(UTF_8);
        encoder.setPattern(pattern);
        encoder.start();
        appender.setEncoder(encoder);
        appender.start();
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(appender);
    }

    private static void quiet(LoggerContext context) {
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.INFO);
        for (String chatty :
                new String[] {
                    "org.apache.kafka", "kafka", "state.change.logger", "org.flywaydb", "io.grpc"
                }) {
            Logger logger = context.getLogger(chatty);
            logger.setLevel(Level.WARN);
        }
        // Warns for each partition whose end a consumer asked for without reading it.
        context.getLogger("org.apache.kafka.clients.consumer.internals.OffsetFetcherUtils")
                .setLevel(Level.ERROR);
    }

    /// Other people's warnings are for the file: they are about their insides.
    private static final class ForPeople extends Filter<ILoggingEvent> {
        @Override
        public FilterReply decide(ILoggingEvent event) {
            String logger = event.getLoggerName();
            // How nodes stand is told by the command that follows them.
            boolean isTold = logger.startsWith("tallystick.ingest.node.");
            // What the embedded broker tells itself; where it keeps a command from working, the
            // command says so.
            boolean isBroker =
                    logger.startsWith("kafka.")
                            || logger.startsWith("state.change.")
                            || (logger.startsWith("org.apache.kafka.")
                                    && !logger.startsWith("org.apache.kafka.clients."));
            if (isBroker) {
                return FilterReply.DENY;
            }
            boolean isOurs = logger.startsWith("tallystick.");
            Level least = isOurs && !isTold ? Level.WARN : Level.ERROR;
            return event.getLevel().isGreaterOrEqual(least)
                    ? FilterReply.NEUTRAL
                    : FilterReply.DENY;
        }
    }
}
