package io.darex.prune.recipe;

import io.darex.prune.DarexVersion;
import io.darex.prune.Delta;
import io.darex.prune.Mask;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.rescale.Evidence;
import io.darex.prune.rescale.Found;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import lombok.AccessLevel;
import lombok.Getter;

/**
 * Carries out a recipe on one delta: informs the mask, chooses the entries, finds q and records
 * what was done. Everything that prunes does it by one of these. Results do not depend on the
 * number of threads.
 */
public final class Pruner {
  private final Recipe recipe;
  private final Delta delta;
  private final Evidence evidence;
  private final int threads;

  /** The pruned delta before q is found. */
  @Getter(lazy = true, value = AccessLevel.PRIVATE)
  private final SparseDelta chosen = choose();

  /**
   * @param evidence what the recipe may look at besides the weights
   * @param threads at most
   */
  public Pruner(Recipe recipe, Delta delta, Evidence evidence, int threads) {
    this.recipe = recipe;
    this.delta = delta;
    this.evidence = evidence;
    this.threads = threads;
  }

  private SparseDelta choose() {
    Pruning informed =
        new Pruning(
            evidence.inform(recipe.mask(), recipe.budget(), delta, threads),
            recipe.pruning().selection());
    SparseDelta view = StoredValues.of(informed.view(delta, threads), recipe.values(), threads);
    return view.withProvenance(view.provenance().withJob(job(recipe, Optional.empty())));
  }

  /**
   * The {@code darex.job} of what a recipe makes (docs/FORMAT.md §1).
   *
   * @param texts what the evidence was drawn from; empty where it looked at the weights alone
   */
  public static String job(Recipe recipe, Optional<String> texts) {
    return job(recipe.parameters(), texts);
  }

  /**
   * The {@code darex.job} of work by several recipes.
   *
   * @param recipes by name, or the keys of one
   */
  public static String job(Map<String, ?> recipes, Optional<String> texts) {
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
   * @throws IllegalArgumentException if the evidence lacks what mask or budget needs
   * @throws io.darex.prune.NonFiniteException if a value that the mask compares is NaN or infinite
   */
  public SparseDelta choice() {
    return getChosen();
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
