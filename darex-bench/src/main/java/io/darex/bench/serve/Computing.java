package io.darex.bench.serve;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.BesideDelta;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.serve.RefusedException.Reason;
import io.darex.bench.serve.Request.Item;
import io.darex.bench.task.TextBatches;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one thread that computes, and the queue before it. It takes what waits, of whatever requests
 * and fine-tunes, in the order in which it came, as one pass; the pass itself uses all processors.
 */
final class Computing implements AutoCloseable {
  private final DirectEncoder encoder;
  private final ServeOptions options;
  private final Metrics metrics;
  private final Residents residents;
  private final BlockingQueue<Item> queue = new LinkedBlockingQueue<>();

  /** Requests that are on their way into the queue. */
  private final AtomicInteger coming = new AtomicInteger();

  private final Thread thread = new Thread(this::run, "darex-serve");
  private boolean closed;

  Computing(DirectEncoder encoder, ServeOptions options, Metrics metrics) {
    this.encoder = encoder;
    this.options = options;
    this.metrics = metrics;
    residents = new Residents(encoder, options.residentBytes(), metrics);
    thread.setDaemon(true);
    thread.start();
  }

  /** A request is on its way; {@link #arrived} must follow. */
  void announce() {
    coming.incrementAndGet();
  }

  /** It is in the queue, or will never be. */
  void arrived() {
    coming.decrementAndGet();
  }

  /**
   * Puts a request into the queue.
   *
   * @throws RefusedException if its texts are more than may wait, or after {@link #close}
   */
  synchronized void submit(Request request) {
    if (closed) {
      throw new RefusedException(
          Reason.CLOSED, "expected a server that goes on, got one that ends");
    }
    if (request.size() > options.queuedTexts()) {
      throw new BadInputException(
          "expected at most "
              + options.queuedTexts()
              + " texts in a request, got "
              + request.size());
    }
    int waiting = metrics.queuedTexts.get();
    if (waiting + request.size() > options.queuedTexts()) {
      throw new RefusedException(
          Reason.BUSY,
          "expected room for "
              + request.size()
              + " texts, got "
              + waiting
              + " waiting of at most "
              + options.queuedTexts()
              + "; ask again later, or for fewer at once");
    }
    metrics.queuedTexts.addAndGet(request.size());
    queue.addAll(request.items());
  }

  private void run() {
    try {
      for (boolean last = false; !last; ) {
        List<Item> batch = new ArrayList<>();
        last = gather(batch);
        metrics.queuedTexts.addAndGet(-batch.size());
        batch.removeIf(Item::dropIfUnwanted);
        compute(batch);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    } finally {
      residents.close();
    }
  }

  /** Waits for a batch; whether it is the last. */
  private boolean gather(List<Item> batch) throws InterruptedException {
    Item item = queue.take();
    long end = System.nanoTime() + options.gather().toNanos();
    for (int tokens = 0; !item.isEnd(); ) {
      batch.add(item);
      tokens += item.text().length();
      if (tokens >= TextBatches.TOKENS) {
        return false;
      }
      item = queue.poll();
      long left = end - System.nanoTime();
      if (item == null && coming.get() > 0 && left > 0) {
        item = queue.poll(left, TimeUnit.NANOSECONDS);
      }
      if (item == null) {
        return false;
      }
    }
    return true;
  }

  private void compute(List<Item> batch) {
    Map<FineTune, List<Item>> byModel = new LinkedHashMap<>();
    batch.forEach(
        item -> byModel.computeIfAbsent(item.tuned(), key -> new ArrayList<>()).add(item));
    List<Item> items = new ArrayList<>();
    List<BesideDelta> deltas = new ArrayList<>();
    byModel.forEach(
        (tuned, texts) -> {
          if (!tuned.isResident()) {
            items.addAll(texts);
            texts.forEach(text -> deltas.add(tuned.delta()));
          }
        });
    pass(items, deltas);
    byModel.forEach(
        (tuned, texts) -> {
          if (tuned.isResident()) {
            resident(tuned, texts);
          }
        });
  }

  private void resident(FineTune tuned, List<Item> texts) {
    BesideDelta merged;
    try {
      merged = residents.of(tuned);
    } catch (RuntimeException | OutOfMemoryError e) {
      texts.forEach(text -> text.fail(e));
      return;
    }
    List<BesideDelta> deltas = new ArrayList<>();
    texts.forEach(text -> deltas.add(merged));
    pass(texts, deltas);
  }

  private void pass(List<Item> items, List<BesideDelta> deltas) {
    if (items.isEmpty()) {
      return;
    }
    float[][] outputs;
    try {
      outputs = encoder.logits(Batch.of(items.stream().map(Item::text).toList()), deltas);
    } catch (RuntimeException | Error e) {
      if (items.size() == 1) {
        items.get(0).fail(e);
      } else {
        // One text may spoil a pass for the others.
        for (int i = 0; i < items.size(); i++) {
          pass(List.of(items.get(i)), List.of(deltas.get(i)));
        }
      }
      return;
    }
    metrics.batches.increment();
    metrics.texts.add(items.size());
    for (int i = 0; i < items.size(); i++) {
      items.get(i).answer(outputs[i]);
    }
  }

  /** Refuses new requests, answers those that wait, and ends. */
  @Override
  public void close() {
    synchronized (this) {
      if (!closed) {
        closed = true;
        queue.add(Item.END);
      }
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // it still computes with what would be freed
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
