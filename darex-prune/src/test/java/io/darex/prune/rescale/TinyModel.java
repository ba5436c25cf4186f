package io.darex.prune.rescale;

import io.darex.prune.Checkpoints;
import io.darex.prune.Choice;
import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.LayerInput;
import io.darex.prune.Mask;
import io.darex.prune.PlaceStorage;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.FloatTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * Two linear layers {@code [2, 2]} with a bias and {@code [1, 3]} without, and a LayerNorm's weight
 * {@code [2]}: 11 entries, so that expectations over masks are sums over all 2048 of them.
 */
final class TinyModel {
  static final List<String> NAMES = List.of("a.bias", "a.weight", "b.weight", "norm.weight");
  private static final Map<String, long[]> SHAPES =
      Map.of(
          "a.bias", new long[] {2},
          "a.weight", new long[] {2, 2},
          "b.weight", new long[] {1, 3},
          "norm.weight", new long[] {2});

  final Delta delta;
  final double[][] xa;
  final double[][] xb;

  TinyModel(long seed) {
    List<Tensor> base = new ArrayList<>();
    List<Tensor> tuned = new ArrayList<>();
    for (String name : NAMES) {
      base.add(new FloatTensor(name, SHAPES.get(name), new float[(int) count(name)]));
      tuned.add(Checkpoints.random(seed + name.hashCode(), name, 1, SHAPES.get(name)));
    }
    delta =
        Delta.between(
            Checkpoints.of(base.toArray(Tensor[]::new)),
            Checkpoints.of(tuned.toArray(Tensor[]::new)),
            Selection.ALL);
    SplittableRandom random = new SplittableRandom(seed);
    xa = rows(random, 5, 2);
    xb = rows(random, 7, 3);
  }

  static long count(String name) {
    return Tensor.count(SHAPES.get(name));
  }

  private static double[][] rows(SplittableRandom random, int rows, int columns) {
    double[][] x = new double[rows][columns];
    for (double[] row : x) {
      for (int j = 0; j < columns; j++) {
        row[j] = 0.5 + random.nextGaussian();
      }
    }
    return x;
  }

  static LayerInput input(double[][] x) {
    int n = x[0].length;
    double[] mean = new double[n];
    double[] gram = new double[n * n];
    for (double[] row : x) {
      for (int i = 0; i < n; i++) {
        mean[i] += row[i] / x.length;
        for (int j = 0; j < n; j++) {
          gram[i * n + j] += row[i] * row[j] / x.length;
        }
      }
    }
    return new LayerInput(x.length, mean, gram);
  }

  Calibration calibration() {
    return new Calibration(
        () -> new TreeMap<>(Map.of("a.weight", input(xa), "b.weight", input(xb))));
  }

  double entry(String name, int index) {
    return delta.pairs().get(name).at(index);
  }

  /** This model pruned by a random mask at rates of their own. */
  SparseDelta pruned(Map<String, Double> dropRates) {
    return pruned(dropRates, (1 << 11) - 1);
  }

  /** Pruned so that the entries stay whose bits are set, in the order of names. */
  SparseDelta pruned(Map<String, Double> dropRates, int bits) {
    SparseDelta any = new Pruning(new RandomMask(1, 0.5), Selection.ALL).prune(delta, 1);
    Map<String, KeptTensor> kept = new TreeMap<>();
    int first = 0;
    for (String name : NAMES) {
      StringBuilder places = new StringBuilder();
      for (int i = 0; i < count(name); i++) {
        if ((bits >> (first + i) & 1) == 1) {
          places.append((char) i);
        }
      }
      char[] offsets = places.toString().toCharArray();
      float[] values = new float[offsets.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) entry(name, offsets[i]);
      }
      kept.put(
          name,
          new KeptTensor(name, SHAPES.get(name), new char[][] {offsets}, new float[][] {values}));
      first += (int) count(name);
    }
    return new SparseDelta(
        new Rates(dropRates),
        Scale.of(1),
        Values.F32,
        new TreeMap<>(kept),
        any.whole(),
        any.provenance());
  }

  /** Δ̂ = (1/q)·A⊙Δ for a set of kept entries. */
  Map<String, double[]> applied(int bits, Scale scale) {
    Map<String, double[]> applied = new TreeMap<>();
    int first = 0;
    for (String name : NAMES) {
      double[] values = new double[(int) count(name)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (bits >> (first + i) & 1) == 1 ? entry(name, i) / scale.q(name) : 0;
      }
      applied.put(name, values);
      first += values.length;
    }
    return applied;
  }

  /** The expectation over independent masks of a number that depends on Δ̂, by enumeration. */
  double expectation(
      Map<String, Double> dropRates, Scale scale, ToDoubleFunction<Map<String, double[]>> of) {
    double sum = 0;
    for (int bits = 0; bits < 1 << 11; bits++) {
      double probability = 1;
      int first = 0;
      for (String name : NAMES) {
        double p = dropRates.get(name);
        for (int i = 0; i < count(name); i++) {
          probability *= (bits >> (first + i) & 1) == 1 ? 1 - p : p;
        }
        first += (int) count(name);
      }
      sum += probability * of.applyAsDouble(applied(bits, scale));
    }
    return sum;
  }

  /** ‖ΔW·X + b − (Δ̂W·X + b̂)‖² of the layer {@code a}. */
  double errorOfA(Map<String, double[]> applied) {
    double error = 0;
    for (double[] x : xa) {
      for (int i = 0; i < 2; i++) {
        double h = entry("a.bias", i) - applied.get("a.bias")[i];
        for (int j = 0; j < 2; j++) {
          h += (entry("a.weight", 2 * i + j) - applied.get("a.weight")[2 * i + j]) * x[j];
        }
        error += h * h;
      }
    }
    return error;
  }

  /** ‖ΔW·X − Δ̂W·X‖² of the layer {@code b}. */
  double errorOfB(Map<String, double[]> applied) {
    double error = 0;
    for (double[] x : xb) {
      double h = 0;
      for (int j = 0; j < 3; j++) {
        h += (entry("b.weight", j) - applied.get("b.weight")[j]) * x[j];
      }
      error += h * h;
    }
    return error;
  }

  /** The same rate for all. */
  static Map<String, Double> uniform(double p) {
    Map<String, Double> rates = new TreeMap<>();
    NAMES.forEach(name -> rates.put(name, p));
    return rates;
  }

  /** A mask that has only rates; what it keeps is decided elsewhere. */
  private record Rates(Map<String, Double> dropRates) implements Mask {
    @Override
    public String kind() {
      return "rates";
    }

    @Override
    public double dropRate() {
      return dropRates.get("norm.weight");
    }

    @Override
    public double keepRate() {
      return 1 - dropRate();
    }

    @Override
    public double keepRate(String name) {
      return 1 - dropRates.get(name);
    }

    @Override
    public Map<String, Object> parameters() {
      return Map.of();
    }

    @Override
    public Mask withSeed(long seed) {
      return this;
    }

    @Override
    public PlaceStorage places() {
      return PlaceStorage.GAPS;
    }

    @Override
    public Choice choose(Delta delta, int threads) {
      throw new UnsupportedOperationException();
    }
  }
}
