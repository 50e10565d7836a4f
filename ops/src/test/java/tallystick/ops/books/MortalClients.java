package tallystick.ops.books;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import tallystick.ingest.publish.KafkaClients;
import tallystick.kafka.KafkaConnection;

/// Kafka for a process that dies between two calls of its producers: what comes after does not reach the broker, not even
/// the closing of what is open.
final class MortalClients implements KafkaClients {
    private static final Set<String> CALLS =
            Set.of(
                    "initTransactions",
                    "beginTransaction",
                    "send",
                    "sendOffsetsToTransaction",
                    "commitTransaction");

    private final KafkaClients real;
    private final AtomicInteger callsLeft;
    private final boolean diesAfterTheCall;
    private final CountDownLatch dead = new CountDownLatch(1);
    private final List<Producer<byte[], byte[]>> producers = new CopyOnWriteArrayList<>();
    private volatile boolean interruptsCommits;

    /// @param calls how many calls it lives for
    /// @param diesAfterTheCall whether the last of them still reaches the broker
    MortalClients(KafkaConnection kafka, int calls, boolean diesAfterTheCall) {
        this.real = KafkaClients.of(kafka);
        this.callsLeft = new AtomicInteger(calls);
        this.diesAfterTheCall = diesAfterTheCall;
    }

    static MortalClients immortal(KafkaConnection kafka) {
        return new MortalClients(kafka, Integer.MAX_VALUE, false);
    }

    CountDownLatch dead() {
        return dead;
    }

    void interruptCommits() {
        interruptsCommits = true;
    }

    /// Consumers of a dead process are not made.
    Supplier<Consumer<byte[], byte[]>> consumers(Supplier<Consumer<byte[], byte[]>> living) {
        return () -> {
            requireAlive();
            return living.get();
        };
    }

    @Override
    public Producer<byte[], byte[]> producer(String transactionalId) {
        requireAlive();
        Producer<byte[], byte[]> producer = real.producer(transactionalId);
        producers.add(producer);
        @SuppressWarnings("unchecked")
        var mortal =
                (Producer<byte[], byte[]>)
                        Proxy.newProxyInstance(
                                getClass().getClassLoader(),
                                new Class<?>[] {Producer.class},
                                (_, method, arguments) -> call(producer, method, arguments));
        return mortal;
    }

    private Object call(Producer<byte[], byte[]> producer, Method method, Object[] arguments)
            throws Throwable {
        if (dead.getCount() == 0) {
            if (method.getName().equals("close")) {
                return null;
            }
            requireAlive();
        }
        if (!CALLS.contains(method.getName())) {
            return invoke(producer, method, arguments);
        }
        if (interruptsCommits && method.getName().equals("commitTransaction")) {
            throw new InterruptException("commit");
        }
        if (callsLeft.decrementAndGet() > 0) {
            return invoke(producer, method, arguments);
        }
        if (diesAfterTheCall) {
            invoke(producer, method, arguments);
        }
        dead.countDown();
        throw new KafkaException("killed");
    }

    private static Object invoke(
            Producer<byte[], byte[]> producer, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(producer, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private void requireAlive() {
        if (dead.getCount() == 0) {
            throw new KafkaException("dead");
        }
    }

    @Override
    public Consumer<byte[], byte[]> consumer(String name) {
        requireAlive();
        return real.consumer(name);
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions)
            throws InterruptedException {
        return real.endOffsets(partitions);
    }

    @Override
    public void pause(Duration duration) throws InterruptedException {
        real.pause(duration);
    }

    @Override
    public Duration transactionTimeout() {
        return real.transactionTimeout();
    }

    /// The end of the test: lets go of what a dead process would have let go of.
    @Override
    public void close() {
        producers.forEach(producer -> producer.close(Duration.ZERO));
        real.close();
    }
}
