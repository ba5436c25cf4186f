package io.darex.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A tuned checkpoint minus its base, entry by entry and not yet computed: Δ = θ_F − θ_P
 * (docs/METHOD.md §1.1). Nothing is read but the headers.
 *
 * @param base the pre-trained checkpoint
 * @param tuned the fine-tuned checkpoint
 * @param pairs by tuned name, the tensors that both have and that are to be pruned
 * @param whole by tuned name, the tensors carried as they are
 * @param leftOut by base name, the base's tensors that the tuned checkpoint lacks
 */
public record Delta(
    Checkpoint base,
    Checkpoint tuned,
    SortedMap<String, Pair> pairs,
    SortedMap<String, Whole> whole,
    SortedMap<String, Tensor> leftOut) {
  /** How many tensors of a kind a report names. */
  private static final int NAMED = 5;

  /** The first component of the names of task heads; those of pre-training are not among them. */
  private static final Set<String> HEADS =
      Set.of("classifier", "pre_classifier", "classification_head", "score", "qa_outputs");

  /** The modules whose first dimension is the vocabulary. */
  private static final Set<String> VOCABULARY =
      Set.of(
          "decoder",
          "embed_tokens",
          "lm_head",
          "predictions",
          "shared",
          "tok_embeddings",
          "token_embeddings",
          "vocab_projector",
          "word_embeddings",
          "wte");

  /** Makes the maps unmodifiable. */
  public Delta {
    pairs = Collections.unmodifiableSortedMap(pairs);
    whole = Collections.unmodifiableSortedMap(whole);
    leftOut = Collections.unmodifiableSortedMap(leftOut);
  }

  /**
   * One tensor on both sides.
   *
   * @param base its values before fine-tuning
   * @param tuned its values after, of the same shape
   */
  public record Pair(Tensor base, Tensor tuned) {
    /**
     * One entry of the delta, {@code tuned − base} in fp32; 0 where both have the same bits, were
     * they NaN or infinite, as in a buffer that masks attention with −∞.
     *
     * @throws NonFiniteException if either value, or their difference, is NaN or infinite otherwise
     */
    public float at(long index) {
      float after = tuned.at(index);
      float before = base.at(index);
      float difference = after - before;
      if (Float.isFinite(difference)) {
        return difference;
      }
      if (Float.floatToRawIntBits(after) == Float.floatToRawIntBits(before)) {
        return 0;
      }
      if (!Float.isFinite(before)) {
        throw NonFiniteException.pruned(base.name() + " of the base", index, before);
      }
      if (!Float.isFinite(after)) {
        throw NonFiniteException.pruned(tuned.name() + " of the tuned model", index, after);
      }
      throw new NonFiniteException(tuned.name() + ", tuned minus base", index, difference);
    }

    /**
     * Entries {@code [from, from + length)} of the delta to {@code into[0…]}.
     *
     * @param scratch room for {@code length} values, overwritten
     * @throws NonFiniteException as {@link #at} does
     */
    public void read(long from, float[] into, float[] scratch, int length) {
      tuned.read(from, into, 0, length);
      base.read(from, scratch, 0, length);
      for (int i = 0; i < length; i++) {
        into[i] -= scratch[i];
        if (!Float.isFinite(into[i])) {
          into[i] = at(from + i);
        }
      }
    }
  }

  /**
   * A tensor that is carried as it is.
   *
   * @param tensor the tuned tensor
   * @param reason why it is not pruned
   */
  public record Whole(Tensor tensor, Reason reason) {}

  /** Why a tensor is carried whole. */
  public enum Reason {
    /** The base has no such tensor: a task head. */
    ONLY_TUNED("only in the tuned model"),
    /** The {@link Selection} does not take it. */
    EXCLUDED("excluded"),
    /** Integers and the like, of which no fp32 difference can be taken. */
    DTYPE("of a dtype that is not pruned"),
    /** Rows were added to or taken from the vocabulary, so the rows need not correspond. */
    VOCABULARY("its vocabulary has another size than the base's");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * The delta between two checkpoints. Names match as docs/FORMAT.md §2 says: exactly, or else up
   * to a model prefix such as {@code bert.} and LayerNorm's old {@code gamma} and {@code beta}.
   * What differs otherwise:
   *
   * <ul>
   *   <li>a tensor that only the tuned model has is carried whole, one that only the base has is
   *       left out. This holds for tied embeddings too, where names decide: a tied copy that only
   *       the tuned file stores is carried whole, one that only the base stores is left out;
   *   <li>a vocabulary of another size, which is an embedding or output matrix or bias with another
   *       first dimension and nothing else, is carried whole;
   *   <li>F64, F32, F16 and BF16 may face each other: the difference is taken in fp32;
   *   <li>names that differ in leading components of which nothing is known are refused, since all
   *       but the head of a model would be carried whole.
   * </ul>
   *
   * @param selection which tensors are pruned; the others are carried whole
   * @throws MismatchException listing everything that is wrong: other differences of shape or
   *     dtype, names with several candidates, patterns that match nothing, nothing in common,
   *     nothing to prune
   */
  public static Delta between(Checkpoint base, Checkpoint tuned, Selection selection) {
    Set<String> tunedNames = tuned.tensors().keySet();
    Names names = new Names(tunedNames, base.tensors().keySet());
    Predicate<String> selected = selection.asPredicate();
    List<String> problems = new ArrayList<>(selection.problems(tunedNames));
    SortedMap<String, String> matches =
        names.match(tunedNames.stream().filter(selected).toList(), problems);
    SortedMap<String, Pair> pairs = new TreeMap<>();
    SortedMap<String, Whole> whole = new TreeMap<>();
    SortedMap<String, Tensor> leftOut = new TreeMap<>(base.tensors());
    tuned
        .tensors()
        .forEach(
            (name, after) -> {
              List<String> candidates = names.candidates(name);
              leftOut.keySet().removeAll(candidates);
              if (candidates.isEmpty()) {
                whole.put(name, new Whole(after, Reason.ONLY_TUNED));
              } else if (!selected.test(name)) {
                whole.put(name, new Whole(after, Reason.EXCLUDED));
              } else if (matches.containsKey(name)) {
                Tensor before = base.tensors().get(matches.get(name));
                List<String> differences = differences(before, after);
                if (differences.isEmpty() && after.dtype().isPrunable()) {
                  pairs.put(name, new Pair(before, after));
                } else if (differences.isEmpty()) {
                  whole.put(name, new Whole(after, Reason.DTYPE));
                } else if (isVocabulary(before, after)) {
                  whole.put(name, new Whole(after, Reason.VOCABULARY));
                } else {
                  problems.addAll(differences);
                }
              }
            });
    Optional<String> foreign = foreignPrefix(whole, leftOut, selected);
    foreign.ifPresent(problems::add);
    if (foreign.isEmpty() && leftOut.size() == base.tensors().size()) {
      problems.add("base and tuned model have no tensor name in common");
    } else if (pairs.isEmpty() && problems.isEmpty()) {
      Map<Reason, Long> reasons =
          whole.values().stream()
              .collect(Collectors.groupingBy(Whole::reason, TreeMap::new, Collectors.counting()));
      problems.add("nothing to prune: every tensor of the tuned model is carried whole " + reasons);
    }
    if (!problems.isEmpty()) {
      throw new MismatchException(problems);
    }
    return new Delta(base, tuned, pairs, whole, leftOut);
  }

  /** What is wrong where tensors of both sides differ in a leading component that is not known. */
  private static Optional<String> foreignPrefix(
      SortedMap<String, Whole> whole, SortedMap<String, Tensor> leftOut, Predicate<String> wanted) {
    List<String> unmatched =
        whole.keySet().stream()
            .filter(wanted)
            .filter(name -> whole.get(name).reason() == Reason.ONLY_TUNED)
            .toList();
    SortedMap<String, String> alike = Names.lookAlikes(unmatched, leftOut.keySet());
    alike
        .entrySet()
        .removeIf(
            pair ->
                !Arrays.equals(
                    whole.get(pair.getKey()).tensor().shape(),
                    leftOut.get(pair.getValue()).shape()));
    return alike.isEmpty()
        ? Optional.empty()
        : Optional.of(
            alike.size()
                + " tensors have no counterpart for a leading part of their names alone, such as "
                + alike.firstKey()
                + " of the tuned model, "
                + alike.get(alike.firstKey())
                + " of the base: expected the same names; rename them, or exclude them to carry"
                + " them whole");
  }

  private static List<String> differences(Tensor before, Tensor after) {
    List<String> differences = new ArrayList<>();
    if (!Arrays.equals(before.shape(), after.shape())) {
      differences.add(difference(after.name(), "shape", shape(before), shape(after)));
    }
    if (before.dtype().isPrunable() != after.dtype().isPrunable()) {
      differences.add(difference(after.name(), "dtype", before.dtype(), after.dtype()));
    }
    return differences;
  }

  private static String difference(String name, String what, Object before, Object after) {
    return "tensor "
        + name
        + ": "
        + what
        + " "
        + before
        + " in the base, "
        + after
        + " in the tuned model";
  }

  /** Whether all that differs is the number of rows of a tensor with a row for every token. */
  private static boolean isVocabulary(Tensor before, Tensor after) {
    String[] path = after.name().split("\\.", -1);
    long[] resized = before.shape().clone();
    if (path.length < 2
        || resized.length == 0
        || after.shape().length == 0
        || resized[0] == after.shape()[0]) {
      return false;
    }
    resized[0] = after.shape()[0];
    return VOCABULARY.contains(path[path.length - 2])
        && Set.of("weight", "bias").contains(path[path.length - 1])
        && Arrays.equals(resized, after.shape());
  }

  static String shape(Tensor tensor) {
    return Arrays.toString(tensor.shape());
  }

  /** The tensors carried as they are, without the reasons. */
  public SortedMap<String, Tensor> carried() {
    SortedMap<String, Tensor> carried = new TreeMap<>();
    whole.forEach((name, entry) -> carried.put(name, entry.tensor()));
    return carried;
  }

  /**
   * The same checkpoints with only these tensors to be pruned, and none carried or left out.
   *
   * @param names of {@link #pairs}
   */
  public Delta only(Collection<String> names) {
    SortedMap<String, Pair> some = new TreeMap<>(pairs);
    some.keySet().retainAll(Set.copyOf(names));
    return new Delta(base, tuned, some, new TreeMap<>(), new TreeMap<>());
  }

  /** The entries of all pairs. */
  public long entries() {
    return pairs.values().stream().mapToLong(pair -> pair.tuned().count()).sum();
  }

  /**
   * What is pruned, what carried whole and why, and what left out, a line each; of many tensors of
   * a kind the first {@value #NAMED} are named and the others counted.
   */
  public List<String> report() {
    List<String> lines = new ArrayList<>();
    lines.add(pairs.size() + " tensors, " + count(entries()) + " entries to prune");
    headOfBase()
        .ifPresent(
            name ->
                lines.add(
                    "likely swapped: only the base has a task head, "
                        + name
                        + "; is the base the pre-trained model, and the tuned one the"
                        + " fine-tuned?"));
    Map<Reason, List<Tensor>> byReason = new EnumMap<>(Reason.class);
    for (Whole entry : whole.values()) {
      byReason.computeIfAbsent(entry.reason(), key -> new ArrayList<>()).add(entry.tensor());
    }
    byReason.forEach((reason, tensors) -> report("whole", tensors, reason.toString(), lines));
    report("left out", leftOut.values(), "only in the base", lines);
    return lines;
  }

  /** A tensor of a task head that the base has, where the tuned model has no head of its own. */
  private Optional<String> headOfBase() {
    boolean headless = tuned.tensors().keySet().stream().noneMatch(Delta::isHead);
    return leftOut.keySet().stream().filter(name -> headless && isHead(name)).findFirst();
  }

  private static boolean isHead(String name) {
    return HEADS.contains(Names.stem(name).split("\\.", 2)[0]);
  }

  private static void report(
      String what, Collection<Tensor> tensors, String reason, List<String> lines) {
    for (Tensor tensor : tensors.stream().limit(NAMED).toList()) {
      lines.add(what + ": " + tensor.name() + " " + shape(tensor) + " (" + reason + ")");
    }
    if (tensors.size() > NAMED) {
      lines.add(what + ": and " + (tensors.size() - NAMED) + " more (" + reason + ")");
    }
  }

  private static String count(long entries) {
    if (entries < 1_000_000) {
      return String.format(Locale.ROOT, "%,d", entries);
    }
    return entries < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f M", entries / 1e6)
        : String.format(Locale.ROOT, "%.1f G", entries / 1e9);
  }
}
