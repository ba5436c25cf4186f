package io.darex.prune.folder;

import io.darex.prune.Checkpoint;
import io.darex.prune.MismatchException;
import io.darex.prune.NameOrder;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.file.Sha256;
import io.darex.prune.tensor.Finiteness;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What a checkpoint is known by: SHA-256 over, for each tensor in name order, name, dtype, shape
 * and raw bytes, each after its length in bytes as a little-endian 64-bit integer (docs/FORMAT.md).
 * It is the same for one file and for many shards.
 */
public final class CheckpointDigest {
  /** Bytes read at a time, few enough to stay in the first caches. */
  private static final int PART = 1 << 16;

  private CheckpointDigest() {}

  /**
   * The digest in lower-case hexadecimal. It reads every value, and takes NaN and infinity for the
   * bytes that they are.
   */
  public static String of(Checkpoint checkpoint) {
    return of(checkpoint, Finiteness.IGNORED);
  }

  /** As above, telling {@code found} of every value that is NaN or infinite. */
  public static String of(Checkpoint checkpoint, Finiteness.Found found) {
    return of(Sha256.start(), checkpoint.tensors().values(), found);
  }

  /**
   * Refuses a base that {@code delta} was not made from. Where the delta carries no digest, only
   * names and shapes can be compared, and {@link SparseDelta#applyTo} does that.
   *
   * @throws MismatchException if the digests differ
   */
  public static void requireBase(SparseDelta delta, Checkpoint base) {
    requireBase(delta, () -> of(base));
  }

  /**
   * As above, for a base whose digest may be known.
   *
   * @param digest of the base; asked for where the delta carries one
   * @throws MismatchException if the digests differ
   */
  public static void requireBase(SparseDelta delta, Supplier<String> digest) {
    Optional<String> expected = delta.provenance().base();
    if (expected.isPresent()) {
      String found = digest.get();
      if (!found.equals(expected.get()) && delta.provenance().tuned().equals(Optional.of(found))) {
        throw new MismatchException(
            List.of(
                "wrong base: this is the tuned model that the sparse delta was made from, expected"
                    + " the base, the checkpoint with digest "
                    + expected.get()));
      }
      if (!found.equals(expected.get())) {
        throw new MismatchException(
            List.of(
                "wrong base: the sparse delta was made from the checkpoint with digest "
                    + expected.get()
                    + ", this one has "
                    + found));
      }
    }
  }

  public static String of(Collection<? extends Tensor> tensors) {
    return of(Sha256.start(), tensors, Finiteness.IGNORED);
  }

  /** The digest of texts, in the order of their keys, and tensors. */
  public static String of(
      Map<String, String> texts, Collection<? extends Tensor> tensors, Finiteness.Found found) {
    MessageDigest sha = Sha256.start();
    // Without their number a text could be taken for a tensor's name.
    sha.update(littleEndian(Long.BYTES).putLong(texts.size()).flip());
    SortedMap<String, String> inOrder = new TreeMap<>(NameOrder.BY_UTF8);
    inOrder.putAll(texts);
    inOrder.forEach(
        (key, text) -> {
          prefixed(sha, key.getBytes(StandardCharsets.UTF_8));
          prefixed(sha, text.getBytes(StandardCharsets.UTF_8));
        });
    return of(sha, tensors, found);
  }

  private static String of(
      MessageDigest sha, Collection<? extends Tensor> tensors, Finiteness.Found found) {
    tensors.stream()
        .<Tensor>map(tensor -> tensor)
        .sorted(Comparator.comparing(Tensor::name, NameOrder.BY_UTF8))
        .forEach(tensor -> update(sha, tensor, found));
    return HexFormat.of().formatHex(sha.digest());
  }

  private static void update(MessageDigest sha, Tensor tensor, Finiteness.Found found) {
    prefixed(sha, tensor.name().getBytes(StandardCharsets.UTF_8));
    prefixed(sha, tensor.dtype().name().getBytes(StandardCharsets.US_ASCII));
    long[] shape = tensor.shape();
    byte[] dimensions = new byte[shape.length * Long.BYTES];
    ByteBuffer.wrap(dimensions).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(shape);
    prefixed(sha, dimensions);
    long count = tensor.count();
    sha.update(littleEndian(Long.BYTES).putLong(tensor.dtype().bytes(count)).flip());
    // An array, because the platform's SHA-256 takes buffers outside the heap in tiny parts.
    byte[] part = new byte[PART];
    int step = tensor.dtype().elements(PART);
    for (long from = 0; from < count; from += step) {
      int length = (int) Math.min(step, count - from);
      int bytes = (int) tensor.dtype().bytes(length);
      tensor.bytes(from, length).get(part, 0, bytes);
      Finiteness.check(tensor.name(), tensor.dtype(), from, part, bytes, found);
      sha.update(part, 0, bytes);
    }
  }

  private static void prefixed(MessageDigest sha, byte[] field) {
    sha.update(littleEndian(Long.BYTES).putLong(field.length).flip());
    sha.update(field);
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
