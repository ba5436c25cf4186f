package io.darex.bench.encoder;

import io.darex.bench.tokenizer.EncodedText;
import io.darex.prune.Checkpoint;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.ColumnsMask;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * What a delta beside the weights of minilm-l6 costs, next to the merged model, by drop rate of its
 * columns: {@code mvn -q -pl darex-bench -am -DskipTests -Pbenchmark verify
 * -Dbenchmark=io.darex.bench.encoder.ColumnsBenchmark}.
 *
 * <p>Drop rate 0 is the dense delta beside the weights. In every round all deltas take turns, each
 * attached (which takes the one before it off), and then one batch's logits; {@code load} copies a
 * merged model that lies ready in memory over the live one, {@code merge} computes it on the way,
 * which is what a switch takes without a delta beside the weights. Printed are the quickest of
 * {@code -Drounds=N} rounds.
 */
public final class ColumnsBenchmark {
  private static final int ROUNDS = Integer.getInteger("rounds", 15);
  private static final double[] DROP_RATES = {0, 0.5, 0.9, 0.99};

  private final Pretrained miniLm = BuiltInEncoders.read("minilm-l6");
  private final EncoderConfig config = miniLm.config().withLabels(List.of("no", "yes"));
  private final Map<Double, SparseDelta> deltas = new LinkedHashMap<>();
  private final Map<Double, Checkpoint> merged = new LinkedHashMap<>();
  private final Checkpoint base;
  private final Map<String, Double> quickest = new LinkedHashMap<>();

  private ColumnsBenchmark() {
    try (Encoder encoder = new DirectEncoder(config, miniLm.checkpoint(), 0)) {
      base = encoder.checkpoint();
    }
    Random random = new Random(1);
    List<Tensor> tensors = new ArrayList<>();
    base.tensors()
        .values()
        .forEach(
            tensor -> {
              float[] values = values(tensor);
              for (int i = 0; i < values.length; i++) {
                values[i] += (float) (1e-3 * random.nextGaussian());
              }
              tensors.add(new FloatTensor(tensor.name(), tensor.shape(), values));
            });
    Checkpoint tuned = InMemoryCheckpoint.of(tensors, base.config());
    for (double dropRate : DROP_RATES) {
      SparseDelta delta = new Pruning(new ColumnsMask(1, dropRate)).prune(base, tuned);
      deltas.put(dropRate, delta);
      merged.put(dropRate, inMemory(delta.applyTo(base)));
    }
  }

  private static Checkpoint inMemory(Checkpoint checkpoint) {
    return InMemoryCheckpoint.of(
        checkpoint.tensors().values().stream()
            .<Tensor>map(tensor -> new FloatTensor(tensor.name(), tensor.shape(), values(tensor)))
            .toList(),
        Optional.empty());
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  private void time(String name, Runnable work) {
    long start = System.nanoTime();
    work.run();
    quickest.merge(name, (System.nanoTime() - start) * 1e-6, Math::min);
  }

  private void measure(int texts, int length) {
    Random random = new Random(1);
    List<EncodedText> list = new ArrayList<>();
    for (int i = 0; i < texts; i++) {
      list.add(new EncodedText(random.ints(length, 1000, 30000).toArray(), new int[length]));
    }
    Batch batch = Batch.of(list);
    Map<Double, MultiplyAdds> work = new LinkedHashMap<>();
    try (Encoder whole = new DirectEncoder(config, base, 0);
        Encoder served = new DirectEncoder(config, base, 0)) {
      for (int round = -2; round < ROUNDS; round++) {
        if (round == 0) {
          quickest.clear();
        }
        for (double dropRate : DROP_RATES) {
          time("merge " + dropRate, () -> whole.load(deltas.get(dropRate).applyTo(base)));
          time("load", () -> whole.load(merged.get(dropRate)));
          time("merged", () -> whole.logits(batch));
          time("attach " + dropRate, () -> served.attach(deltas.get(dropRate)));
          time("beside " + dropRate, () -> served.logits(batch));
          work.put(dropRate, served.multiplyAdds());
        }
      }
    }
    print(texts, length, work);
  }

  private void print(int texts, int length, Map<Double, MultiplyAdds> work) {
    double forward = quickest.get("merged");
    System.out.printf(
        Locale.ROOT,
        "%n%d texts of %d: merged model's logits %.1f ms, its load %.1f ms%n"
            + "| drop rate | multiply-adds, %% of the dense delta's | logits, ms | ÷ merged | cost"
            + " of the delta ÷ the dense delta's | attach, ms | load ÷ attach | merge ÷ attach |%n"
            + "| --- | --- | --- | --- | --- | --- | --- | --- |%n",
        texts,
        length,
        forward,
        quickest.get("load"));
    double dense = quickest.get("beside " + DROP_RATES[0]) - forward;
    Arrays.stream(DROP_RATES)
        .forEach(
            dropRate -> {
              double time = quickest.get("beside " + dropRate);
              double attach = quickest.get("attach " + dropRate);
              System.out.printf(
                  Locale.ROOT,
                  "| %s | %.1f | %.1f | %.2f | %.2f | %.1f | %.1f | %.1f |%n",
                  dropRate,
                  100 * (1 - work.get(dropRate).skipped()),
                  time,
                  time / forward,
                  (time - forward) / dense,
                  attach,
                  quickest.get("load") / attach,
                  quickest.get("merge " + dropRate) / attach);
            });
  }

  /** Measures a batch of short texts and one of long ones. */
  public static void main(String[] arguments) {
    ColumnsBenchmark benchmark = new ColumnsBenchmark();
    benchmark.measure(32, 16);
    benchmark.measure(16, 128);
  }
}
