package io.darex.prune.rescale;

import io.darex.prune.Parameters;
import io.darex.prune.Scale;
import io.darex.prune.rescale.SearchedQ.Target;
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
              Map.entry(Target.LABELLED.name, p -> searched(p, Target.LABELLED)),
              Map.entry(Target.UNLABELLED.name, p -> searched(p, Target.UNLABELLED))));

  private Rescales() {}

  /** The names there are. */
  public static Set<String> names() {
    return Collections.unmodifiableSet(LIST.keySet());
  }

  /**
   * Makes a rescale from its name and parameters: {@code q} of {@code q}, or {@code fallback} and
   * {@code tensors}, the q of every tensor that has none of its own and those by name or pattern;
   * {@code norm} of {@code norm-match}, {@code l1} or {@code l2}. All optional, of {@code
   * q-labelled} and {@code q-unlabelled}: {@code scope}, {@code global} or {@code layer}, and
   * {@code seeds} of the masks that points are scored on.
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

  private static Rescale searched(Parameters given, Target target) {
    return new SearchedQ(
        target, given.constant("scope", Scope.GLOBAL), given.integers("seeds", List.of()));
  }
}
