package io.darex.prune.rescale;

import io.darex.prune.Parameters;
import io.darex.prune.Scale;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** The list that names rescales for YAML, command line and reports. */
public final class Rescales {
  // To add a rescale: one record, one line here, one subclass of the rescale contract test.
  private static final Map<String, Function<Parameters, Rescale>> LIST =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(InverseKeepRate.NAME, p -> new InverseKeepRate()),
              Map.entry(FixedQ.NAME, Rescales::fixed),
              Map.entry(NormMatch.NAME, p -> new NormMatch(p.constant("norm", NormMatch.Norm.L1))),
              Map.entry(Unscaled.NAME, p -> new Unscaled()),
              Map.entry(
                  QLabelled.NAME, p -> new QLabelled(p.integers("seeds", List.of()), search(p))),
              Map.entry(QFirstOrder.NAME, p -> new QFirstOrder(scope(p, Scope.GLOBAL))),
              Map.entry(QSecondOrder.NAME, p -> new QSecondOrder()),
              Map.entry(QLayerMse.NAME, p -> new QLayerMse(scope(p, Scope.GLOBAL))),
              Map.entry(QLeastSquares.NAME, p -> new QLeastSquares(scope(p, Scope.GLOBAL))),
              Map.entry(QLearned.NAME, Rescales::learned)));

  private Rescales() {}

  /** The names there are. */
  public static Set<String> names() {
    return Collections.unmodifiableSet(LIST.keySet());
  }

  /**
   * Makes a rescale from its name and parameters: {@code q} of {@code q}, or {@code fallback} and
   * {@code tensors}, the q of every tensor that has none of its own and those by name or pattern;
   * {@code norm} of {@code norm-match}, {@code l1} or {@code l2}; {@code seeds}, {@code coarse},
   * {@code rounds} and {@code tolerance}, all optional, of {@code q-labelled}; {@code scope},
   * {@code global} or {@code layer}, of {@code q-first-order}, {@code q-layer-mse}, {@code
   * q-least-squares} and {@code q-learned}, which has {@code steps} and {@code rate} besides, all
   * optional.
   *
   * @throws IllegalArgumentException if the name is unknown, a parameter missing, unknown or out of
   *     range
   */
  public static Rescale create(String name, Map<String, ?> parameters) {
    Function<Parameters, Rescale> make = LIST.get(name);
    if (make == null) {
      throw new IllegalArgumentException("unknown rescale '" + name + "'; there are " + names());
    }
    Parameters given = new Parameters("rescale " + name, parameters);
    return given.done(make.apply(given));
  }

  private static Rescale fixed(Parameters given) {
    return given.has("fallback") || given.has("tensors")
        ? new FixedQ(new Scale(given.number("fallback"), given.numbers("tensors")))
        : new FixedQ(given.number("q"));
  }

  private static Scope scope(Parameters given, Scope fallback) {
    return given.constant("scope", fallback);
  }

  private static QLearned learned(Parameters given) {
    return new QLearned(
        scope(given, QLearned.DEFAULT.scope()),
        given.integer("steps", QLearned.DEFAULT.steps()),
        given.number("rate", QLearned.DEFAULT.rate()));
  }

  private static QSearch search(Parameters given) {
    return new QSearch(
        given.integer("coarse", QSearch.DEFAULT.coarse()),
        given.integer("rounds", QSearch.DEFAULT.rounds()),
        given.number("tolerance", QSearch.DEFAULT.tolerance()));
  }
}
