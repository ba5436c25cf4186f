package io.darex.optim;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Which parameters AdamR pulls, and toward what: their θ_P.
 *
 * <p>Task heads and other parameters without a pre-trained value belong to neither form. Parameters
 * are chosen by any predicate of their names, such as {@link #matching} and {@link #ofLayers}.
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
    return new Anchor(Set.copyOf(values.keySet())::contains, Map.copyOf(values));
  }

  /**
   * Training starts elsewhere: θ_P is in another network, which must not change before the first
   * step. Every trained parameter whose name passes must be there.
   *
   * @param names of the parameters as in {@code network.paramTable()}, such as {@code 0_W}
   * @throws IllegalArgumentException if no name passes; lists those there are
   */
  public static Anchor of(MultiLayerNetwork network, Predicate<String> names) {
    return chosen(network.paramTable(), names);
  }

  /** As {@link #of(MultiLayerNetwork, Predicate)}; names are such as {@code layer_W}. */
  public static Anchor of(ComputationGraph network, Predicate<String> names) {
    return chosen(network.paramTable(), names);
  }

  /** As {@link #of(MultiLayerNetwork, Predicate)}; names are those of the variables. */
  public static Anchor of(SameDiff sd, Predicate<String> names) {
    return chosen(SameDiffAdamR.parameters(sd), names);
  }

  /**
   * Training starts elsewhere: θ_P is in a file that {@code ModelSerializer} or {@code
   * SameDiff.save} has written. As {@link #of(MultiLayerNetwork, Predicate)}.
   *
   * <p>DL4J's readers are not made for files of unknown origin: read only those you trust.
   *
   * @throws IllegalArgumentException if there is no such file, it is of neither kind, or no name
   *     passes
   */
  public static Anchor of(Path file, Predicate<String> names) {
    return chosen(SavedModel.parameters(file), names);
  }

  private static Anchor chosen(Map<String, INDArray> parameters, Predicate<String> names) {
    Map<String, INDArray> values = new HashMap<>(parameters);
    values.keySet().removeIf(names.negate());
    if (values.isEmpty()) {
      throw new IllegalArgumentException(
          "no parameter is chosen as an anchor, of " + new TreeSet<>(parameters.keySet()));
    }
    return new Anchor(names, Map.copyOf(values));
  }

  /**
   * Names that match one of these patterns as a whole: {@code *} stands for any characters, {@code
   * ?} for one.
   */
  public static Predicate<String> matching(String... globs) {
    String pattern =
        Arrays.stream(globs)
            .map(glob -> "\\Q" + glob.replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q") + "\\E")
            .collect(Collectors.joining("|"));
    return Pattern.compile(pattern, Pattern.DOTALL).asMatchPredicate();
  }

  /**
   * The parameters of these layers of a {@code ComputationGraph}, or by number of a {@code
   * MultiLayerNetwork}: what their names have before the last {@code _}.
   */
  public static Predicate<String> ofLayers(String... layers) {
    Set<String> chosen = Set.of(layers);
    return name -> chosen.contains(name.substring(0, Math.max(0, name.lastIndexOf('_'))));
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

  /** The same choice without the values, to be kept when they have been copied. */
  Anchor namesOnly() {
    return start(names);
  }

  /**
   * Checks given values against the parameters they belong to, and that there is any to pull.
   *
   * @param pulls whether λ is not 0 anywhere
   * @param trained the parameters that AdamR trains
   * @param all those and what the network has besides; given values for these are without effect
   * @throws IllegalArgumentException if any does not fit, or none is chosen while λ is not 0; lists
   *     all that do not fit
   */
  void check(boolean pulls, Map<String, INDArray> trained, Map<String, INDArray> all) {
    List<String> faults = new ArrayList<>();
    new TreeMap<>(values)
        .forEach(
            (name, value) -> {
              INDArray parameter = all.get(name);
              if (parameter == null) {
                faults.add(name + ": no such parameter");
              } else if (!Arrays.equals(parameter.shape(), value.shape())
                  || parameter.dataType() != value.dataType()) {
                faults.add(
                    name + ": parameter is " + form(parameter) + ", anchor is " + form(value));
              }
            });
    for (String name : new TreeSet<>(trained.keySet())) {
      if (given() && names.test(name) && !values.containsKey(name)) {
        faults.add(name + ": chosen, but the anchor has no such parameter");
      }
    }
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException("anchor does not fit: " + String.join("; ", faults));
    }
    if (pulls && trained.keySet().stream().noneMatch(names)) {
      throw new IllegalArgumentException(
          "none of the parameters is anchored (%s); choose others, or set lambda to 0"
              .formatted(String.join(", ", new TreeSet<>(trained.keySet()))));
    }
  }

  /**
   * A parameter whose anchor is kept in AdamR's state.
   *
   * @param start its value before the first step
   */
  record Place(String name, INDArray start, AnchorPlane plane) {}

  /**
   * Checks that a restored state has anchors for just the parameters chosen.
   *
   * @throws IllegalStateException if not; lists all that differ
   */
  void checkSaved(Collection<Place> places) {
    List<String> faults = new ArrayList<>();
    for (Place place : places) {
      boolean wanted = covers(place.name());
      if (!given() && place.plane().known() && wanted != (place.plane().valueOrNull() != null)) {
        faults.add(place.name() + (wanted ? " has no anchor there" : " has an anchor there"));
      }
    }
    if (!faults.isEmpty()) {
      throw new IllegalStateException(
          "anchored parameters differ from those of the saved state: " + String.join("; ", faults));
    }
  }

  /** Fills the anchors of a fresh state, or replaces those of any by the given ones. */
  void fill(Collection<Place> places) {
    checkSaved(places);
    for (Place place : places) {
      if (given() || !place.plane().known()) {
        place.plane().fill(covers(place.name()) ? valueOr(place.name(), place.start()) : null);
      }
    }
  }

  static String form(INDArray array) {
    return array.dataType() + Arrays.toString(array.shape());
  }
}
