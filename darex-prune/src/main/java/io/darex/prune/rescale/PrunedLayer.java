package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.MismatchException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A linear layer that is pruned and whose input is known. Its bias delta, if pruned, is one more
 * column of ΔW whose input is 1.
 *
 * @param weight tuned name of its weight {@code [out, in]}
 * @param bias tuned name of its bias {@code [out]}, if that is pruned
 * @param outputs number of rows of ΔW
 * @param input what entered it
 */
record PrunedLayer(String weight, Optional<String> bias, int outputs, LayerInput input) {
  private static final String WEIGHT = "weight";

  /**
   * The pruned ones among the layers whose input is known, by name.
   *
   * @throws MismatchException listing every layer whose input does not fit its delta; or if none is
   *     pruned
   */
  static List<PrunedLayer> of(Delta delta, Map<String, LayerInput> inputs) {
    List<PrunedLayer> layers = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    delta
        .pairs()
        .forEach(
            (name, pair) -> {
              LayerInput input = inputs.get(name);
              if (input == null) {
                return;
              }
              long[] shape = pair.tuned().shape();
              if (shape.length != 2 || shape[1] != input.features()) {
                problems.add(
                    problem(name, "[out, " + input.features() + "], as calibration has it", shape));
                return;
              }
              Optional<String> bias =
                  Optional.of(name)
                      .filter(weight -> weight.endsWith(WEIGHT))
                      .map(weight -> weight.substring(0, weight.length() - WEIGHT.length()))
                      .map(layer -> layer + "bias")
                      .filter(each -> delta.pairs().containsKey(each));
              bias.map(each -> delta.pairs().get(each).tuned().shape())
                  .filter(each -> !Arrays.equals(each, new long[] {shape[0]}))
                  .ifPresent(
                      each ->
                          problems.add(problem(bias.orElseThrow(), "[" + shape[0] + "]", each)));
              layers.add(new PrunedLayer(name, bias, Math.toIntExact(shape[0]), input));
            });
    if (layers.isEmpty() && problems.isEmpty()) {
      problems.add(
          "none of the "
              + inputs.size()
              + " layers whose input calibration recorded is pruned: "
              + inputs.keySet().stream().limit(5).toList());
    }
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    return layers;
  }

  private static String problem(String name, String expected, long[] shape) {
    return "tensor " + name + ": expected shape " + expected + ", got " + Arrays.toString(shape);
  }

  /** Reads {@code length} rows of ΔW, one after the other. */
  void read(Delta delta, int row, int length, float[] into, float[] scratch) {
    int columns = input.features();
    delta.pairs().get(weight).read((long) row * columns, into, scratch, length * columns);
  }

  /** Reads the bias deltas of {@code length} rows; zeros if the layer has none. */
  void readBias(Delta delta, int row, int length, float[] into, float[] scratch) {
    Arrays.fill(into, 0, length, 0);
    bias.ifPresent(name -> delta.pairs().get(name).read(row, into, scratch, length));
  }
}
