package io.darex.prune.delta;

import io.darex.prune.Choice;
import io.darex.prune.DarexVersion;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.MagnitudeRanking;
import io.darex.prune.mask.Scope;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.recipe.StoredValues;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.Found;
import io.darex.prune.safetensors.SafetensorsLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import lombok.AccessLevel;
import lombok.Getter;

/**
 * Carries out a recipe on one delta: informs the mask, finds its drop rate where a size is asked
 * for, chooses the entries, finds q and records what was done. Everything that prunes does it by
 * one of these. Results do not depend on the number of threads.
 */
public final class Pruner {
  private final Recipe recipe;
  private final Delta delta;
  private final Evidence evidence;
  private final Origin origin;
  private final int threads;

  /** The pruned delta before q is found. */
  @Getter(lazy = true, value = AccessLevel.PRIVATE)
  private final SparseDelta chosen = choose();

  /** For a mask that compares all entries at several drop rates. */
  @Getter(lazy = true, value = AccessLevel.PRIVATE)
  private final MagnitudeRanking ranking = new MagnitudeRanking(delta, threads);

  /**
   * @param evidence what the recipe may look at besides the weights
   * @param origin what the file will record; its size depends on it
   * @param threads at most
   */
  public Pruner(Recipe recipe, Delta delta, Evidence evidence, Origin origin, int threads) {
    this.recipe = recipe;
    this.delta = delta;
    this.evidence = evidence.remembering();
    this.origin = origin;
    this.threads = threads;
  }

  private SparseDelta choose() {
    if (recipe.bytes().isEmpty()) {
      return choose(recipe);
    }
    return StoredValues.of(fit().fit(), recipe.values(), threads);
  }

  private SizeFit fit() {
    return new SizeFit(
        recipe.bytes().orElseThrow().bytes(denseBytes(delta)),
        delta.entries(),
        recipe.values(),
        signed(new Pruning(recipe.mask()).view(delta, Choice.NOTHING, threads), recipe, origin),
        rate -> view(recipe.withDropRate(rate)),
        view -> bytes(StoredValues.sized(view, recipe.values())));
  }

  /**
   * Checks, before any entry of the delta is read, that a file can be as small as the recipe asks
   * for.
   *
   * @throws TooSmallException if tensors carried whole, files, header and table alone are larger
   */
  public void requireSize() {
    if (recipe.bytes().isPresent()) {
      fit().floor();
    }
  }

  private SparseDelta choose(Recipe fitted) {
    return StoredValues.of(view(fitted), fitted.values(), threads);
  }

  /** What is kept, with its values as they are. */
  private SparseDelta view(Recipe fitted) {
    Mask informed = evidence.inform(fitted.mask(), fitted.budget(), delta, threads);
    Choice choice =
        informed instanceof MagnitudeMask magnitude && magnitude.scope() == Scope.MODEL
            ? getRanking().at(magnitude.dropRate())
            : informed.choose(delta, threads);
    return signed(new Pruning(informed).view(delta, choice, threads), recipe, origin);
  }

  /** The same delta with the record of the recipe that made it. */
  static SparseDelta signed(SparseDelta pruned, Recipe recipe, Origin origin) {
    return pruned.withProvenance(
        pruned.provenance().withJob(job(recipe, origin.texts())).withFiles(origin.files()));
  }

  /** How large the file will be at most, whatever q's are found. */
  private long bytes(SparseDelta pruned) {
    SparseDelta widest = pruned;
    if (recipe.rescale().hasOwnQs() || !pruned.scale().perTensor().isEmpty()) {
      widest = pruned.withScale(distinct(List.copyOf(pruned.kept().keySet())));
    }
    return SparseDeltaFile.sealedBytes(widest, origin.digests(), threads);
  }

  /** Another q for each tensor. */
  private static Scale distinct(List<String> names) {
    Map<String, Double> perTensor = new TreeMap<>();
    for (int i = 0; i < names.size(); i++) {
      perTensor.put(names.get(i), (i + 1.0) / (names.size() + 1));
    }
    return new Scale(1, perTensor);
  }

  /** The bytes of the fine-tuned model's tensors: what a dense file of it takes. */
  public static long denseBytes(Delta delta) {
    return delta.tuned().tensors().values().stream().mapToLong(SafetensorsLayout::bytes).sum();
  }

  /**
   * The {@code darex.job} of what a recipe makes (docs/FORMAT.md §1).
   *
   * @param texts what the evidence was drawn from; empty where it looked at the weights alone
   */
  static String job(Recipe recipe, Optional<String> texts) {
    return job(recipe.parameters(), texts);
  }

  /**
   * The {@code darex.job} of work by several recipes.
   *
   * @param recipes by name, or the keys of one
   */
  static String job(Map<String, ?> recipes, Optional<String> texts) {
    SortedMap<String, Object> job = new TreeMap<>();
    job.put("recipe", recipes);
    texts.ifPresent(words -> job.put("texts", words));
    job.put("tool", "darex " + DarexVersion.text());
    return Recipe.json(job);
  }

  /**
   * The pruned delta with DARE's q, which {@code withScale} replaces. It reads base and fine-tuned
   * model again whenever it is read ({@link Pruning#view}).
   *
   * @throws IllegalArgumentException if the evidence lacks what mask or budget needs, or no file is
   *     as small as the recipe asks for
   * @throws io.darex.prune.NonFiniteException if a value that the mask compares is NaN or infinite
   */
  public SparseDelta choice() {
    return getChosen();
  }

  /** How large the file will be, in bytes; where tensors have their own q's, at most. */
  public long bytes() {
    return bytes(choice());
  }

  /** The mask, which knows what it has to and has each tensor's own drop rate. */
  public Mask mask() {
    return choice().mask();
  }

  /**
   * Finds q.
   *
   * @throws IllegalArgumentException if the evidence lacks what mask, budget or rescale needs
   */
  public Found find() {
    return find(evidence);
  }

  /** Finds q by other evidence than the mask was informed by. */
  public Found find(Evidence other) {
    return recipe.rescale().find(delta, choice(), other, threads);
  }

  /** The pruned delta with the q that is found; throws as {@link #choice} and {@link #find} do. */
  public SparseDelta prune() {
    return choice().withScale(find().scale());
  }
}
