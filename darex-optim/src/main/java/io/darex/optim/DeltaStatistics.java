package io.darex.optim;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How far a layer is from its anchor: statistics of Δ = θ − θ_P.
 *
 * <p>Accumulated in double: ND4J's float reductions lose digits over millions of elements. The
 * variance is put together from the mean and the squared deviations of pieces (Chan, Golub and
 * LeVeque, 1983), for Σ Δ² − n·mean² would cancel.
 *
 * @param count number of elements
 * @param meanAbs mean |Δ|
 * @param maxAbs largest |Δ|
 * @param variance mean of (Δ − mean Δ)²
 * @param zeroShare share of elements that are exactly 0
 */
public record DeltaStatistics(
    long count, double meanAbs, double maxAbs, double variance, double zeroShare) {
  private static final int CHUNK = 4096;

  /**
   * The statistics of each layer, over all its anchored parameters.
   *
   * @param parameters FLOAT or DOUBLE, by name
   * @param anchors of the same shapes; parameters without one do not count
   * @param layerOf the layer of a parameter, by name
   */
  public static SortedMap<String, DeltaStatistics> perLayer(
      Map<String, INDArray> parameters,
      Map<String, INDArray> anchors,
      UnaryOperator<String> layerOf) {
    List<Slice> slices = new ArrayList<>();
    new TreeMap<>(anchors)
        .forEach(
            (name, anchor) -> {
              INDArray parameter = parameters.get(name);
              slices.add(new Slice(name, parameter, Slot.laidOutLike(parameter, anchor)));
            });
    return of(slices, layerOf);
  }

  /** By what the names have before their last {@code .} or {@code /}. */
  static SortedMap<String, DeltaStatistics> perPath(Collection<Slot> slots) {
    return perLayer(
        slots,
        name -> {
          int end = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'));
          return end < 0 ? name : name.substring(0, end);
        });
  }

  static SortedMap<String, DeltaStatistics> perLayer(
      Collection<Slot> slots, UnaryOperator<String> layerOf) {
    return of(
        slots.stream()
            .filter(Slot::anchored)
            .map(slot -> new Slice(slot.name(), slot.parameter(), slot.anchor()))
            .toList(),
        layerOf);
  }

  /** A parameter and its anchor, laid out alike. */
  private record Slice(String name, INDArray parameter, INDArray anchor) {}

  private static SortedMap<String, DeltaStatistics> of(
      List<Slice> slices, UnaryOperator<String> layerOf) {
    SortedMap<String, Sums> sums = new TreeMap<>();
    for (Slice slice : slices) {
      sums.computeIfAbsent(layerOf.apply(slice.name()), layer -> new Sums())
          .add(slice.parameter(), slice.anchor());
    }
    SortedMap<String, DeltaStatistics> statistics = new TreeMap<>();
    sums.forEach((layer, sum) -> statistics.put(layer, sum.statistics()));
    return statistics;
  }

  private static final class Sums {
    private final double[] delta = new double[CHUNK];
    private final double[] anchors = new double[CHUNK];
    private final float[] floats = new float[CHUNK];
    private long count;
    private long zeros;
    private double sumAbs;
    private double maxAbs;
    private double mean;
    private double squares;

    void add(INDArray parameter, INDArray anchor) {
      Pointer theta = memory(parameter);
      Pointer thetaP = memory(anchor);
      for (long from = 0; from < parameter.length(); from += CHUNK) {
        int n = (int) Math.min(CHUNK, parameter.length() - from);
        read(theta, from, delta, n);
        read(thetaP, from, anchors, n);
        add(n);
      }
    }

    private static Pointer memory(INDArray array) {
      // addressPointer and not address: only the former minds the offset of a view.
      Pointer start = array.data().addressPointer();
      return array.dataType() == DataType.FLOAT
          ? new FloatPointer(start)
          : new DoublePointer(start);
    }

    private void read(Pointer memory, long from, double[] into, int n) {
      if (memory instanceof DoublePointer doubles) {
        doubles.position(from).get(into, 0, n);
        return;
      }
      ((FloatPointer) memory).position(from).get(floats, 0, n);
      for (int i = 0; i < n; i++) {
        into[i] = floats[i];
      }
    }

    private void add(int n) {
      double sum = 0;
      for (int i = 0; i < n; i++) {
        delta[i] -= anchors[i];
        double size = Math.abs(delta[i]);
        sum += delta[i];
        sumAbs += size;
        maxAbs = Math.max(maxAbs, size);
        zeros += size == 0 ? 1 : 0;
      }
      double ownMean = sum / n;
      double own = 0;
      for (int i = 0; i < n; i++) {
        own += (delta[i] - ownMean) * (delta[i] - ownMean);
      }
      double apart = ownMean - mean;
      squares += own + apart * apart * ((double) count * n / (count + n));
      mean += apart * n / (count + n);
      count += n;
    }

    DeltaStatistics statistics() {
      return new DeltaStatistics(
          count, sumAbs / count, maxAbs, squares / count, (double) zeros / count);
    }
  }
}
