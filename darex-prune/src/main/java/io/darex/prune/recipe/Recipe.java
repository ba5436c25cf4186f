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
import io.darex.prune.mask.Masks;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.parameter.Parameters;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.rescale.Need;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.rescale.Rescales;
import io.darex.prune.rescale.Unscaled;
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
  /** The fast writer gives the shortest decimal of a double on every Java; Java 17 does not. */
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER).build())
          .build();

  /**
   * Checks that these go together.
   *
   * @throws IllegalArgumentException if tensors cannot have drop rates of their own with this mask,
   *     or it has no drop rate to find
   */
  public Recipe {
    budget.requireFits(pruning.mask());
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
   * that mask, {@code budget}, {@code rescale} and its parameters, {@code values}, {@code preset},
   * {@code only}, {@code exclude}. What is not said has its default. Without {@code rescale} it is
   * the one whose parameter is given; else that of DARE for masks that are drawn, and none for
   * those that choose (docs/METHOD.md §5.1).
   *
   * @throws IllegalArgumentException naming a key that is unknown, missing or says nothing of this
   *     mask or rescale
   */
  public static Recipe of(Map<String, ?> said) {
    Parameters given = RecipeKeys.read(said);
    Mask mask = RecipeKeys.make(Masks.KINDS, given.get(RecipeKeys.MASK), said);
    Rescale rescale =
        RecipeKeys.make(
            Rescales.KINDS,
            given.has(RecipeKeys.RESCALE)
                ? given.get(RecipeKeys.RESCALE)
                : Rescales.KINDS.get(conventional(mask, said)),
            said);
    Selection selection =
        new Selection(
            given.get(RecipeKeys.PRESET),
            given.get(RecipeKeys.ONLY),
            given.get(RecipeKeys.EXCLUDE));
    if (given.has(RecipeKeys.BYTES) && given.has(DropRate.PARAMETER)) {
      throw new IllegalArgumentException("expected either bytes or dropRate, got both");
    }
    return new Recipe(
        new Pruning(mask, selection),
        given.get(RecipeKeys.BUDGET),
        rescale,
        given.get(RecipeKeys.VALUES),
        given.has(RecipeKeys.BYTES) ? Optional.of(given.get(RecipeKeys.BYTES)) : Optional.empty());
  }

  private static String conventional(Mask mask, Map<String, ?> said) {
    if (said.containsKey("q") || said.containsKey("tensors")) {
      return "q";
    }
    if (said.containsKey("norm")) {
      return "norm-match";
    }
    return (mask.isDrawn() ? new InverseKeepRate() : new Unscaled()).name();
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
