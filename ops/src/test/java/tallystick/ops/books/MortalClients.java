package tallystick.ops.books;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.publish.KafkaClients;
import tallystick.kafka.KafkaConnection;

/// Kafka for a process that dies between two calls of its producers: what comes after does not reach the broker, not even
/// the closing of what is open.
final class MortalClients implements KafkaClients {
    /// Before the name of a method: dies when the call has reached the broker.
    static final String AFTER = "after ";

    private final KafkaClients real;
    private final String method;
    private final AtomicInteger callsLeft;
    private final CountDownLatch dead = new CountDownLatch(1);
    private final List<Producer<byte[], byte[]>> producers = new CopyOnWriteArrayList<>();
    private final AtomicInteger commits = new AtomicInteger();
    private volatile boolean interruptsCommits;
    private volatile boolean losesAnswers;

    /// It dies just before, or after, its producers make the given call for the n-th time.
    MortalClients(KafkaConnection kafka, String method, int occurrence) {
        this.real = KafkaClients.of(kafka);
        this.method = method;
        this.callsLeft = new AtomicInteger(occurrence);
    }

    static MortalClients immortal(KafkaConnection kafka) {
        return new MortalClients(kafka, "none", Integer.MAX_VALUE);
    }

    CountDownLatch dead() {
        return dead;
    }

    void interruptCommits() {
        interruptsCommits = true;
    }

    /// Of every other commit the answer does not arrive; the commit does.
    void loseAnswers() {
        losesAnswers = true;
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
                                (_, called, arguments) -> call(producer, called, arguments));
        return mortal;
    }

    private @Nullable Object call(
            Producer<byte[], byte[]> producer, Method called, Object[] arguments) throws Throwable {
        String name = called.getName();
        if (dead.getCount() == 0) {
            if (name.equals("close")) {
                return null;
            }
            requireAlive();
        }
        boolean isCommit = name.equals("commitTransaction");
        if (isCommit && interruptsCommits) {
            throw new InterruptException("commit");
        }
        dieAt(name);
        @Nullable Object result = invoke(producer, called, arguments);
        dieAt(AFTER + name);
        if (isCommit && losesAnswers && commits.incrementAndGet() % 2 == 1) {
            throw new KafkaException("commit: no answer");
        }
        return result;
    }

    private void dieAt(String point) {
        if (point.equals(method) && callsLeft.decrementAndGet() == 0) {
            dead.countDown();
            requireAlive();
        }
    }

    private static @Nullable Object invoke(
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
    public Consumer<byte[], byte[]> consumerOfAll(String name) {
        requireAlive();
        return real.consumerOfAll(name);
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
