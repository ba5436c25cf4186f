package io.darex.prune.recipe;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.prune.Mask;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.Values;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.DropRate;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.Scope;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.parameter.Kind;
import io.darex.prune.parameter.Parameters;
import io.darex.prune.rescale.Need;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.rescale.Rescales;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A way to prune: what {@code darex prune} is told, but for the two checkpoints. It is the same
 * value in Java, in YAML, on the command line and in the {@code darex.job} of a file.
 *
 * @param pruning which tensors are pruned, and by which mask
 * @param budget how the mask's drop rate is spread over the tensors
 * @param rescale how q is found
 * @param values how kept values are stored
 * @param bytes how large the file may be: the drop rate is found for it, whatever the mask's; a
 *     share is one of the fine-tuned checkpoint's bytes. Empty where the mask's drop rate counts
 */
public record Recipe(
    Pruning pruning, Budget budget, Rescale rescale, Values values, Optional<ByteSize> bytes) {
  /** How large a file is where nothing is said of it. */
  public static final String DEFAULT_BYTES = "1%";

  /** The fast writer gives the shortest decimal of a double on every Java; Java 17 does not. */
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER).build())
          .build();

  /**
   * Checks that these go together.
   *
   * @throws IllegalArgumentException if tensors cannot have drop rates of their own with this mask,
   *     or it has no drop rate to find, or signs are to be stored of entries that may be zero
   */
  public Recipe {
    budget.requireFits(pruning.mask());
    if (values == Values.SIGN && pruning.mask().keepsZeros()) {
      throw new IllegalArgumentException(
          "expected values f32, bf16 or f16 with mask "
              + pruning.mask().kind()
              + ", which may keep zeros, got sign");
    }
    bytes.ifPresent(size -> Masks.at(pruning.mask(), pruning.mask().dropRate()));
  }

  /** A recipe whose mask has the drop rate. */
  public Recipe(Pruning pruning, Budget budget, Rescale rescale, Values values) {
    this(pruning, budget, rescale, values, Optional.empty());
  }

  /** A recipe for all of an encoder but its head, with one drop rate for all tensors. */
  public Recipe(Mask mask, Rescale rescale) {
    this(new Pruning(mask), Budget.UNIFORM, rescale, Values.F32);
  }

  /**
   * Makes a recipe from its keys ({@link RecipeKeys}), all flat: {@code mask} and the parameters of
   * that mask, {@code bytes}, {@code budget}, {@code rescale} and its parameters, {@code values},
   * {@code preset}, {@code only}, {@code exclude}. What is not said has its default, which is what
   * loses least for its size (docs/METHOD.md §8): the signs of the largest entries, in a file of
   * {@value #DEFAULT_BYTES} of the fine-tuned checkpoint, with the scale of dot-match. Masks that
   * may keep zeros have DARE's scale and whole values.
   *
   * @throws IllegalArgumentException naming a key that is unknown, missing or says nothing of this
   *     mask or rescale
   */
  public static Recipe of(Map<String, ?> said) {
    Parameters given = RecipeKeys.read(said);
    boolean hasRate = given.has(DropRate.PARAMETER);
    if (given.has(RecipeKeys.BYTES) && hasRate) {
      throw new IllegalArgumentException("expected either bytes or dropRate, got both");
    }
    Mask mask = mask(given.get(RecipeKeys.MASK), said);
    Rescale rescale = RecipeKeys.make(Rescales.KINDS, Rescales.KINDS.get(rescale(said)), said);
    Selection selection =
        new Selection(
            given.get(RecipeKeys.PRESET),
            given.get(RecipeKeys.ONLY),
            given.get(RecipeKeys.EXCLUDE));
    Optional<ByteSize> bytes = Optional.empty();
    if (given.has(RecipeKeys.BYTES)) {
      bytes = Optional.of(given.get(RecipeKeys.BYTES));
    } else if (!hasRate && mask.parameters().containsKey(DropRate.PARAMETER.key())) {
      bytes = Optional.of(ByteSize.of(DEFAULT_BYTES));
    }
    return new Recipe(
        new Pruning(mask, selection),
        given.get(RecipeKeys.BUDGET),
        rescale,
        given.has(RecipeKeys.VALUES)
            ? given.get(RecipeKeys.VALUES)
            : mask.keepsZeros() ? Values.F32 : Values.SIGN,
        bytes);
  }

  /** The mask; at drop rate 0 where the size is to be found. */
  private static Mask mask(Kind<Mask> kind, Map<String, ?> said) {
    Map<String, Object> keys = new TreeMap<>(said);
    if (kind.keys().contains(DropRate.PARAMETER.key())) {
      keys.putIfAbsent(DropRate.PARAMETER.key(), 0.0);
    }
    // Rates of tensors mean nothing where all are compared at one threshold.
    if (kind.keys().contains(MagnitudeMask.SCOPE.key())
        && said.containsKey(RecipeKeys.BUDGET.key())) {
      if (!said.get(RecipeKeys.BUDGET.key()).toString().equals(Budget.UNIFORM.toString())) {
        keys.putIfAbsent(MagnitudeMask.SCOPE.key(), Scope.TENSOR.toString());
      }
    }
    return RecipeKeys.make(Masks.KINDS, kind, keys);
  }

  /**
   * The name of the rescale that {@link #of} takes: the one that is said, else the one whose
   * parameter is, else the default of the mask, whatever is said of others.
   *
   * @throws IllegalArgumentException if the mask is unknown or lacks a parameter
   */
  public static String rescale(Map<String, ?> said) {
    Object named = said.get(RecipeKeys.RESCALE.key());
    if (named != null) {
      return named.toString();
    }
    if (said.containsKey("q") || said.containsKey("tensors")) {
      return "q";
    }
    if (said.containsKey("norm")) {
      return "norm-match";
    }
    Kind<Mask> kind = new Parameters("a recipe", said, false).get(RecipeKeys.MASK);
    Map<String, Object> own = new TreeMap<>(said);
    own.keySet()
        .removeIf(key -> !kind.keys().contains(key) && !key.equals(RecipeKeys.BUDGET.key()));
    Mask mask = mask(kind, own);
    return mask.keepsZeros() ? "inverse-keep-rate" : "dot-match";
  }

  /** What makes the same recipe by {@link #of}. */
  public SortedMap<String, Object> parameters() {
    SortedMap<String, Object> parameters = new TreeMap<>(mask().parameters());
    bytes.ifPresent(
        size -> {
          parameters.remove(DropRate.PARAMETER.key());
          parameters.put(RecipeKeys.BYTES.key(), size.toString());
        });
    parameters.put("mask", mask().kind());
    parameters.put("budget", budget.toString());
    parameters.putAll(rescale.parameters());
    parameters.put("rescale", rescale.name());
    parameters.put("values", RecipeKeys.word(values));
    parameters.putAll(pruning.selection().parameters());
    return parameters;
  }

  /** The parameters as JSON, the same text on every Java. */
  public String json() {
    return json(parameters());
  }

  /** Keys as JSON, the same text on every Java. */
  public static String json(Map<String, ?> keys) {
    try {
      return JSON.writeValueAsString(keys);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Which entries stay. */
  public Mask mask() {
    return pruning.mask();
  }

  /** The same recipe with its mask drawn from another seed. */
  public Recipe withSeed(long seed) {
    return withMask(mask().withSeed(seed), bytes);
  }

  /**
   * The same recipe at this drop rate, whatever the size.
   *
   * @throws IllegalArgumentException if the mask has none, as n:m
   */
  public Recipe withDropRate(double dropRate) {
    return withMask(Masks.at(mask(), dropRate), Optional.empty());
  }

  /**
   * The same recipe for a file of this size.
   *
   * @throws IllegalArgumentException if the mask has no drop rate to find
   */
  public Recipe withBytes(ByteSize size) {
    return withMask(mask(), Optional.of(size));
  }

  private Recipe withMask(Mask mask, Optional<ByteSize> size) {
    return new Recipe(new Pruning(mask, pruning.selection()), budget, rescale, values, size);
  }

  /** What of it needs that, in words such as {@code mask wanda}; empty where nothing does. */
  public Optional<String> needing(Need need) {
    if (need == Need.TEXTS && mask().needsInputs()) {
      return Optional.of("mask " + mask().kind());
    }
    if (need == Need.LABELS && budget.needsImportance()) {
      return Optional.of("budget " + budget);
    }
    return Optional.of("rescale " + rescale.name()).filter(name -> rescale.needs().contains(need));
  }

  /** Whether it looks at nothing but the weights. */
  public boolean needsWeightsAlone() {
    return needing(Need.TEXTS).isEmpty() && needing(Need.LABELS).isEmpty();
  }
}
