package io.darex.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Which parameters AdamR pulls, and toward what: their θ_P.
 *
 * <p>Task heads and other parameters without a pre-trained value belong to neither form.
 */
public final class Anchor {
  private final Predicate<String> names;
  private final Map<String, INDArray> values;

  private Anchor(Predicate<String> names, Map<String, INDArray> values) {
    this.names = names;
    this.values = values;
  }

  /**
   * Training starts at θ_P: the anchor of every parameter whose name passes is its value before the
   * first step. A resumed training finds these values in its saved state.
   */
  public static Anchor start(Predicate<String> names) {
    return new Anchor(names, Map.of());
  }

  /**
   * Training starts elsewhere: θ_P by parameter name. Parameters not in the map are not anchored.
   * The arrays may be kept, so they must not change.
   */
  public static Anchor of(Map<String, INDArray> values) {
    Map<String, INDArray> own = Map.copyOf(values);
    return new Anchor(own::containsKey, own);
  }

  boolean covers(String name) {
    return names.test(name);
  }

  /** Whether θ_P was given, not to be taken from the start. */
  boolean given() {
    return !values.isEmpty();
  }

  /** The given θ_P of a parameter, else {@code start}, its value before the first step. */
  INDArray valueOr(String name, INDArray start) {
    return values.getOrDefault(name, start);
  }

  /**
   * Checks given values against the parameters they belong to, and that there is any to pull.
   *
   * @throws IllegalArgumentException if any does not fit, or none is chosen while λ is not 0; lists
   *     all that do not fit
   */
  void check(AdamR config, Map<String, INDArray> parameters) {
    if (parameters.keySet().stream().noneMatch(names)
        && !given()
        && (config.getLambda() > 0 || config.getLambdaSchedule() != null)) {
      throw new IllegalArgumentException(
          "none of the parameters is anchored (%s); choose others, or set lambda to 0"
              .formatted(String.join(", ", new TreeSet<>(parameters.keySet()))));
    }
    List<String> faults = new ArrayList<>();
    new TreeMap<>(values)
        .forEach(
            (name, value) -> {
              INDArray parameter = parameters.get(name);
              if (parameter == null) {
                faults.add(name + ": no such parameter");
              } else if (!Arrays.equals(parameter.shape(), value.shape())
                  || parameter.dataType() != value.dataType()) {
                faults.add(
                    name + ": parameter is " + form(parameter) + ", anchor is " + form(value));
              }
            });
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException("anchor does not fit: " + String.join("; ", faults));
    }
  }

  static String form(INDArray array) {
    return array.dataType() + Arrays.toString(array.shape());
  }
}
