package io.darex.prune;

import java.util.Arrays;

/** Whether fine-tuning changed anything. Values are read up to the first that differs. */
public final class Sameness {
  private static final int PART = TensorMask.BLOCK;

  private Sameness() {}

  /** Whether no entry to be pruned differs, bit by bit as fp32, between base and tuned model. */
  public static boolean isZero(Delta delta) {
    return delta.pairs().values().stream().allMatch(pair -> same(pair.base(), pair.tuned()));
  }

  /** Whether nothing at all differs, of at least one entry: base and tuned model are one. */
  public static boolean isIdentity(Delta delta) {
    return delta.entries() > 0
        && delta.leftOut().isEmpty()
        && delta.carried().values().stream()
            .allMatch(after -> isThere(after, delta.base().tensors().get(after.name())))
        && isZero(delta);
  }

  private static boolean isThere(Tensor after, Tensor before) {
    return before != null
        && before.dtype() == after.dtype()
        && Arrays.equals(before.shape(), after.shape())
        && sameBytes(before, after);
  }

  private static boolean sameBytes(Tensor before, Tensor after) {
    for (long from = 0; from < after.count(); from += PART) {
      int length = (int) Math.min(PART, after.count() - from);
      if (!before.bytes(from, length).equals(after.bytes(from, length))) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(Tensor before, Tensor after) {
    float[] some = new float[PART];
    float[] others = new float[PART];
    for (long from = 0; from < after.count(); from += PART) {
      int length = (int) Math.min(PART, after.count() - from);
      before.read(from, some, 0, length);
      after.read(from, others, 0, length);
      if (!Arrays.equals(some, 0, length, others, 0, length)) {
        return false;
      }
    }
    return true;
  }
}
