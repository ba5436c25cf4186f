package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.Parallel;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.mask.TensorMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The {@linkplain Outputs#change change} of one pruned model's outputs as a function of its q's.
 * Every point it is asked for is reported and remembered.
 */
final class OutputChange {
  private final Delta delta;
  private final SparseDelta pruned;
  private final Shrinkages rates;
  private final Outputs outputs;
  private final Consumer<Point> progress;
  private final int threads;
  private final List<Scale> scales = new ArrayList<>();
  private final List<Point> points = new ArrayList<>();

  OutputChange(Delta delta, SparseDelta pruned, Shrinkages rates, Evidence evidence, int threads) {
    this.delta = delta;
    this.pruned = pruned.inMemory(threads);
    this.rates = rates;
    this.outputs = evidence.calibration().orElseThrow().outputs();
    this.progress = evidence.progress();
    this.threads = threads;
  }

  /** How many points it was asked for. */
  int points() {
    return points.size();
  }

  /** The change at a scale; NaN if an output is. */
  double at(Scale scale) {
    return remember(scale, outputs.change(pruned.withScale(scale).applyTo(delta.base())));
  }

  /**
   * The change and its gradient by the logarithms of the groups' shrinkages.
   *
   * @param gradient is overwritten
   * @return the change; NaN if an output or the gradient is
   */
  double at(Groups groups, double[] shrinkages, double[] gradient) {
    Scale scale = groups.scale(shrinkages);
    Arrays.fill(gradient, 0);
    double change =
        outputs.change(
            pruned.withScale(scale).applyTo(delta.base()),
            gradients -> reduce(gradients, scale, groups, shrinkages, gradient));
    boolean finite = DoubleStream.of(gradient).allMatch(Double::isFinite);
    return remember(scale, finite ? change : Double.NaN);
  }

  private double remember(Scale scale, double change) {
    Point point = new Point(rates.mean(scale), -change);
    scales.add(scale);
    points.add(point);
    progress.accept(point);
    return change;
  }

  /**
   * The point of least change, of equals the one nearest to DARE, and all others.
   *
   * @throws IllegalStateException if the change is NaN at every one
   */
  Found best() {
    int best =
        IntStream.range(0, points.size())
            .filter(i -> !Double.isNaN(points.get(i).score()))
            .boxed()
            .max(
                Comparator.<Integer>comparingDouble(i -> points.get(i).score())
                    .thenComparing(i -> -points.get(i).q()))
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "the change of the outputs is NaN at every q tried: "
                            + points.stream().map(Point::q).toList()));
    return new Found(scales.get(best), points);
  }

  /** Adds ⟨∂M/∂θ, A⊙Δ/q⟩ of every tensor to its group's. */
  private void reduce(
      Map<String, Tensor> gradients,
      Scale scale,
      Groups groups,
      double[] shrinkages,
      double[] sums) {
    List<KeptTensor> tensors =
        pruned.kept().values().stream()
            .filter(kept -> gradients.containsKey(kept.name()))
            // Beside tensors of other rates one may be at its bound, where no step moves it.
            .filter(kept -> rates.of(kept.name()) <= shrinkages[groups.of(kept.name())])
            .toList();
    double[] products = new double[tensors.size()];
    Parallel.forEach(
        threads,
        products.length,
        () -> {
          float[] gradient = new float[TensorMask.BLOCK];
          return task -> {
            KeptTensor kept = tensors.get((int) task);
            products[(int) task] =
                product(gradients.get(kept.name()), kept, (float) scale.q(kept.name()), gradient);
          };
        });
    for (int i = 0; i < products.length; i++) {
      sums[groups.of(tensors.get(i).name())] += products[i];
    }
  }

  private static double product(Tensor gradient, KeptTensor kept, float q, float[] scratch) {
    double[] sum = {0};
    kept.forEachScaled(
        q,
        (start, offsets, values) -> {
          gradient.read(
              start, scratch, 0, (int) Math.min(TensorMask.BLOCK, gradient.count() - start));
          for (int i = 0; i < offsets.length; i++) {
            sum[0] += (double) scratch[offsets[i]] * values[i];
          }
        });
    return sum[0];
  }
}
