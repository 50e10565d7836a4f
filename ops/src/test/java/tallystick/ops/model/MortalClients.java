package tallystick.ops.model;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import tallystick.ingest.publish.KafkaClients;

/// Kafka's clients of a process that dies at the n-th call: that call and every later one never returns to it. What it had
/// sent by then is sent; a transaction that it had begun stays open, as when a process is killed.
final class MortalClients implements KafkaClients {
    private final KafkaClients clients;
    private final AtomicInteger callsLeft = new AtomicInteger(Integer.MAX_VALUE);
    private volatile boolean isDead;
    private final List<Producer<byte[], byte[]>> producers = new CopyOnWriteArrayList<>();

    MortalClients(KafkaClients clients) {
        this.clients = clients;
    }

    /// Not an exception that anything may handle. Without a stack trace: it is no news.
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed() {
            super("killed", null, false, false);
        }
    }

    /// Dies at the n-th call from now.
    void dieAfter(int calls) {
        callsLeft.set(calls);
    }

    boolean isDead() {
        return isDead;
    }

    @Override
    @SuppressWarnings("unchecked")
    public Producer<byte[], byte[]> producer(String transactionalId) {
        live();
        Producer<byte[], byte[]> producer = clients.producer(transactionalId);
        producers.add(producer);
        InvocationHandler handler =
                (_, method, arguments) -> {
                    live();
                    try {
                        Object result = method.invoke(producer, arguments);
                        // It may also die before it hears of what it did.
                        live();
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                };
        return (Producer<byte[], byte[]>)
                Proxy.newProxyInstance(
                        getClass().getClassLoader(), new Class<?>[] {Producer.class}, handler);
    }

    @Override
    public Consumer<byte[], byte[]> consumer(String name) {
        live();
        return clients.consumer(name);
    }

    @Override
    public Consumer<byte[], byte[]> consumerOfAll(String name) {
        live();
        return clients.consumerOfAll(name);
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions)
            throws InterruptedException {
        live();
        return clients.endOffsets(partitions);
    }

    @Override
    public void pause(Duration duration) throws InterruptedException {
        clients.pause(Duration.ofMillis(Math.min(50, duration.toMillis())));
    }

    @Override
    public Duration transactionTimeout() {
        return clients.transactionTimeout();
    }

    /// Its connections break.
    @Override
    public void close() {
        producers.forEach(each -> each.close(Duration.ZERO));
        clients.close();
    }

    private void live() {
        if (callsLeft.decrementAndGet() < 0) {
            callsLeft.set(0);
            isDead = true;
            throw new Killed();
        }
    }
}
