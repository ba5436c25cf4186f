package io.darex.prune.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Many threads on one model. */
class DeltaSwitchThreadsTest {
  private static final int THREADS = 8;
  private static final int DELTAS = 3;

  /**
   * With dropRate 0 a delta moves every weight: by 1, 2 or 3 in base weights of zero. So one look
   * at all weights tells whether all belong to one delta.
   */
  @Test
  @Timeout(120)
  void nobodySeesHalfASwitch() throws Exception {
    Models.Model model = Models.MULTI_LAYER.create();
    model.weights().load(constant(model.weights().copy(), 0));
    Checkpoint base = model.weights().copy();
    DeltaSwitch tasks = new DeltaSwitch(model.weights());
    for (int i = 1; i <= DELTAS; i++) {
      tasks.add("" + i, new Pruning(new RandomMask(i, 0)).prune(base, constant(base, i)));
    }
    Supplier<Float> look =
        () -> {
          float[] seen = {Float.NaN};
          for (Tensor tensor : model.weights().parameters().values()) {
            for (float value : Checkpoints.values(tensor)) {
              if (Float.isNaN(seen[0])) {
                seen[0] = value;
              }
              assertThat(value).as(tensor.name()).isEqualTo(seen[0]);
            }
          }
          return seen[0];
        };
    long seed = System.nanoTime();
    inParallel(
        thread -> {
          SplittableRandom random = new SplittableRandom(seed + thread);
          for (int step = 0; step < 60; step++) {
            int delta = random.nextInt(DELTAS + 1);
            switch (random.nextInt(4)) {
              case 0 -> assertThat(tasks.read(look)).isBetween(0f, (float) DELTAS);
              case 1 -> {
                if (delta == 0) {
                  tasks.toBase();
                } else {
                  tasks.to("" + delta);
                }
              }
              default ->
                  assertThat(delta == 0 ? tasks.withBase(look) : tasks.with("" + delta, look))
                      .isEqualTo(delta);
            }
          }
        });
    tasks.toBase();
    assertThat(look.get()).isZero();
  }

  /** Every thread has a SameDiff session of its own, which must not keep what a switch replaced. */
  @Test
  @Timeout(120)
  void everyThreadInfersWithTheDeltaItAskedFor() throws Exception {
    Models.Model model = Models.SAME_DIFF.create();
    Checkpoint base = model.weights().copy();
    DeltaSwitch tasks = new DeltaSwitch(model.weights());
    Map<String, INDArray> expected = new TreeMap<>();
    for (int i = 1; i <= DELTAS; i++) {
      SparseDelta delta =
          new Pruning(new RandomMask(i, 0.5)).prune(base, Models.tuned(i, base, name -> name));
      tasks.add("" + i, delta);
      Models.Model dense = Models.SAME_DIFF.create();
      dense.weights().load(delta.applyTo(base));
      expected.put("" + i, dense.output().get().dup());
    }
    assertThat(expected.get("1")).isNotEqualTo(expected.get("2"));
    inParallel(
        thread -> {
          SplittableRandom random = new SplittableRandom(thread);
          for (int step = 0; step < 30; step++) {
            String delta = "" + (1 + random.nextInt(DELTAS));
            // SameDiff itself takes one caller at a time.
            INDArray output =
                tasks.with(
                    delta,
                    () -> {
                      synchronized (model) {
                        return model.output().get();
                      }
                    });
            assertThat(output).isEqualTo(expected.get(delta));
          }
        });
  }

  private interface Work {
    void run(int thread);
  }

  private static void inParallel(Work work) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int thread = i;
        results.add(threads.submit(() -> work.run(thread)));
      }
      for (Future<?> result : results) {
        result.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } finally {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static Checkpoint constant(Checkpoint like, float value) {
    return InMemoryCheckpoint.of(
        like.tensors().values().stream().map(tensor -> constant(tensor, value)).toList(),
        Optional.empty());
  }

  private static FloatTensor constant(Tensor like, float value) {
    float[] values = new float[(int) like.count()];
    Arrays.fill(values, value);
    return new FloatTensor(like.name(), like.shape(), values);
  }
}
