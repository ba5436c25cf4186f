package io.darex.prune.delta;

import io.darex.prune.Checkpoint;
import io.darex.prune.Delta;
import io.darex.prune.KeptTensor;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Parallel;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.recipe.StoredValues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Checks a sparse-delta file against itself, its base and the tuned model it was made from. */
public final class Verification {
  private static final int PART = 1 << 20;

  private final SparseDelta delta;
  private final int threads;
  private final List<Check> checks = new ArrayList<>();

  private Verification(SparseDelta delta, int threads) {
    this.delta = delta;
    this.threads = threads;
  }

  /** How a check ended. */
  public enum State {
    /** It holds. */
    OK,
    /** It does not. */
    FAILED,
    /** The file has no digest to check by: whatever was checked says nothing of the rest. */
    ABSENT
  }

  /**
   * One check.
   *
   * @param what is checked
   * @param state how it ended
   * @param detail what was expected and what came, or what holds
   */
  public record Check(String what, State state, String detail) {}

  /**
   * Runs all checks there is something for. The file's own: format, counts and the digest over its
   * data. Each checkpoint's: its digest. With the base: names, shapes and dtypes. With the tuned
   * model: that whole tensors are its bytes; with both, that each kept value is tuned − base at its
   * place, bit for bit as the file can store it.
   *
   * @throws IOException if a file cannot be read
   */
  public static List<Check> of(
      Path file, Optional<Checkpoint> base, Optional<Checkpoint> tuned, int threads)
      throws IOException {
    SparseDeltaFile opened;
    try {
      opened = SparseDeltaFile.open(file);
      opened.verify();
    } catch (MalformedFileException e) {
      return List.of(new Check("file", State.FAILED, e.getMessage()));
    }
    SparseDelta delta = opened.delta();
    Verification verification = new Verification(delta, threads);
    verification.checks.add(
        opened.digest().isPresent()
            ? new Check("file", State.OK, "header, counts and data as written")
            : new Check(
                "file",
                State.ABSENT,
                "header and counts fit, but it has no digest: changed data would not be noticed"));
    base.ifPresent(it -> verification.digest("base", delta.provenance().base(), it));
    tuned.ifPresent(it -> verification.digest("tuned", delta.provenance().tuned(), it));
    base.ifPresent(verification::fits);
    tuned.ifPresent(verification::whole);
    if (base.isPresent() && tuned.isPresent()) {
      verification.kept(base.get(), tuned.get());
    }
    return List.copyOf(verification.checks);
  }

  private void add(String what, Optional<String> fault, String otherwise) {
    checks.add(
        new Check(what, fault.isPresent() ? State.FAILED : State.OK, fault.orElse(otherwise)));
  }

  private void digest(String side, Optional<String> expected, Checkpoint checkpoint) {
    String what = side + " digest";
    if (expected.isEmpty()) {
      checks.add(new Check(what, State.ABSENT, "the file was written without it, so any would do"));
      return;
    }
    String found = CheckpointDigest.of(checkpoint);
    add(
        what,
        found.equals(expected.get())
            ? Optional.empty()
            : Optional.of("expected " + expected.get() + ", got " + found),
        found);
  }

  private void fits(Checkpoint base) {
    Optional<String> fault = Optional.empty();
    try {
      delta.matching(base);
    } catch (MismatchException e) {
      fault = Optional.of(e.getMessage());
    }
    add("base tensors", fault, delta.kept().size() + " names, shapes and dtypes fit");
  }

  private void whole(Checkpoint tuned) {
    Optional<String> fault =
        delta.whole().entrySet().stream()
            .filter(entry -> !same(entry.getValue(), tuned.tensors().get(entry.getKey())))
            .map(entry -> "tensor " + entry.getKey() + " is not that of the tuned model")
            .findFirst();
    add("whole tensors", fault, delta.whole().size() + " as in the tuned model");
  }

  private static boolean same(Tensor one, Tensor other) {
    if (other == null
        || one.dtype() != other.dtype()
        || !Arrays.equals(one.shape(), other.shape())) {
      return false;
    }
    long count = one.count();
    for (long from = 0; from < count; from += PART) {
      int length = (int) Math.min(PART, count - from);
      ByteBuffer bytes = one.bytes(from, length);
      if (!bytes.equals(other.bytes(from, length))) {
        return false;
      }
    }
    return true;
  }

  private void kept(Checkpoint base, Checkpoint tuned) {
    SortedMap<String, Tensor> before;
    try {
      before = delta.matching(base);
    } catch (MismatchException e) {
      return; // fits() has reported it
    }
    long count = delta.kept().values().stream().mapToLong(KeptTensor::kept).sum();
    String as = delta.values() == Values.SIGN ? "signs and means of " : "";
    add(
        "kept values",
        fault(before, tuned),
        String.format("%,d are %stuned − base, bit for bit", count, as));
  }

  /** What is wrong with the kept values, first of all. */
  private Optional<String> fault(Map<String, Tensor> before, Checkpoint tuned) {
    SortedMap<String, KeptTensor> exact = new TreeMap<>();
    for (KeptTensor kept : delta.kept().values()) {
      Tensor after = tuned.tensors().get(kept.name());
      if (after == null
          || !Arrays.equals(after.shape(), kept.shape())
          || !after.dtype().isPrunable()) {
        return Optional.of(
            "tensor " + kept.name() + ": the tuned model has none of that name, shape and dtype");
      }
      exact.put(kept.name(), kept.withValues(new Delta.Pair(before.get(kept.name()), after)));
    }
    List<KeptTensor> found = List.copyOf(delta.kept().values());
    String[] faults = new String[found.size()];
    try {
      SparseDelta unrounded = delta.withKept(exact, Values.F32);
      SparseDelta expected = StoredValues.of(unrounded, delta.values(), threads);
      Parallel.forEach(
          threads,
          faults.length,
          () ->
              number -> {
                KeptTensor here = found.get((int) number);
                faults[(int) number] = fault(here, expected.kept().get(here.name()).values());
              });
    } catch (NonFiniteException e) {
      return Optional.of(e.getMessage());
    }
    return Stream.of(faults).filter(Objects::nonNull).findFirst();
  }

  /** What is wrong with the kept values of one tensor; null if nothing is. */
  private static String fault(KeptTensor kept, Tensor expected) {
    float[] should = new float[PART];
    float[] is = new float[PART];
    for (long from = 0; from < kept.kept(); from += PART) {
      int length = (int) Math.min(PART, kept.kept() - from);
      expected.read(from, should, 0, length);
      kept.values().read(from, is, 0, length);
      for (int i = 0; i < length; i++) {
        if (Float.floatToRawIntBits(should[i]) != Float.floatToRawIntBits(is[i])) {
          long index = kept.indices().bytes(from + i, 1).getLong();
          return String.format(
              "tensor %s, element %d: expected %s, got %s", kept.name(), index, should[i], is[i]);
        }
      }
    }
    return null;
  }
}
