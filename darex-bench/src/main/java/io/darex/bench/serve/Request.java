package io.darex.bench.serve;

import io.darex.bench.serve.RefusedException.Reason;
import io.darex.bench.tokenizer.EncodedText;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Texts of one caller for one fine-tune, which it holds until all of them are done with. */
final class Request {
  /** One of the texts. */
  record Item(Request request, int index) {
    /** Comes after the last. */
    static final Item END = new Item(null, 0);

    boolean isEnd() {
      return request == null;
    }

    EncodedText text() {
      return request.texts.get(index);
    }

    FineTune tuned() {
      return request.tuned;
    }

    /** Gives its outputs. */
    void answer(float[] outputs) {
      request.outputs[index] = outputs;
      request.done();
    }

    /** Its request fails; other texts of it need not be computed. */
    void fail(Throwable fault) {
      request.answers.completeExceptionally(fault);
      request.done();
    }

    /** Nobody waits for it; that says so. */
    boolean dropIfUnwanted() {
      if (!request.answers.isDone()) {
        return false;
      }
      request.done();
      return true;
    }
  }

  private final FineTune tuned;
  private final List<EncodedText> texts;
  private final float[][] outputs;
  private final CompletableFuture<float[][]> answers = new CompletableFuture<>();

  /** Texts that are not done with; the computing thread's alone. */
  private int left;

  /**
   * @param tuned taken; left when all is done
   */
  Request(FineTune tuned, List<EncodedText> texts) {
    this.tuned = tuned;
    this.texts = texts;
    outputs = new float[texts.size()][];
    left = texts.size();
  }

  int size() {
    return texts.size();
  }

  List<Item> items() {
    Item[] items = new Item[texts.size()];
    for (int i = 0; i < items.length; i++) {
      items[i] = new Item(this, i);
    }
    return List.of(items);
  }

  private void done() {
    if (--left == 0) {
      tuned.leave();
      answers.complete(outputs);
    }
  }

  /**
   * The outputs of each text.
   *
   * @throws RefusedException if they take longer than {@code timeout}, or there is too little
   *     memory
   * @throws RuntimeException what went wrong with one of the texts
   */
  float[][] await(Duration timeout) {
    try {
      return answers.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      RefusedException late =
          new RefusedException(
              Reason.LATE, "expected answers within " + timeout.toMillis() + " ms, got none yet");
      answers.completeExceptionally(late);
      throw late;
    } catch (InterruptedException e) {
      answers.completeExceptionally(e);
      Thread.currentThread().interrupt();
      throw new RefusedException(Reason.CLOSED, "interrupted while waiting for answers");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException fault) {
        throw fault;
      }
      if (e.getCause() instanceof OutOfMemoryError) {
        throw new RefusedException(
            Reason.MEMORY,
            "expected memory for a batch of texts, got too little; ask for fewer or shorter texts"
                + " at once, or give the server more by DAREX_JAVA_OPTS=-Xmx…");
      }
      throw new IllegalStateException("the encoder failed", e.getCause());
    }
  }
}
