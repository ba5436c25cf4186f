package io.darex.prune.delta;

import io.darex.prune.Parallel;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.file.MalformedFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Reads {@link RiceCode} from first bit to last, as if an enemy had written it, and notes where the
 * blocks begin.
 */
final class RiceScan {
  private final Path path;
  private final Tensor code;
  private final List<Coded> tensors;

  /** The byte at which the quotients end and the remainders begin. */
  private final long quotientEnd;

  /** For each tensor, the bit its quotients begin at; at last, where the last one's end. */
  private final long[] quotients;

  /** For each tensor, the bit its remainders begin at; at last, where the last one's end. */
  private final long[] remainders;

  /**
   * What the file says of the places of one tensor.
   *
   * @param name the tensor's, for messages
   * @param count the number of its elements or columns
   * @param kept how many of them are kept, at most all
   * @param parameter r, at most {@link RiceCode#MAX_PARAMETER}
   */
  record Coded(String name, long count, long kept, int parameter) {}

  /**
   * Finds where each tensor's quotients and remainders begin.
   *
   * @param code U8 {@code [bytes]}
   * @param tensors all, in their order; they keep less than 2⁵⁰ in all
   * @throws MalformedFileException if the code does not have as many bits as they need
   */
  RiceScan(Path path, Tensor code, List<Coded> tensors) throws IOException {
    this.path = path;
    this.code = code;
    this.tensors = tensors;
    this.quotients = new long[tensors.size() + 1];
    this.remainders = new long[tensors.size() + 1];
    long bits = tensors.stream().mapToLong(each -> each.kept() * each.parameter()).sum();
    long bytes = BitWriter.bytes(bits);
    if (code.count() < bytes) {
      throw fault("at least the " + bytes + " bytes of all remainders", code.count());
    }
    quotientEnd = code.count() - bytes;
    BitReader reader = new BitReader(code, 0, quotientEnd);
    remainders[0] = quotientEnd * Byte.SIZE;
    for (int i = 0; i < tensors.size(); i++) {
      Coded tensor = tensors.get(i);
      long missing = reader.skip(tensor.kept());
      if (missing > 0) {
        throw fault(
            "a quotient for each of " + tensor.kept() + " kept of " + tensor.name(),
            tensor.kept() - missing);
      }
      quotients[i + 1] = reader.position();
      remainders[i + 1] = remainders[i] + tensor.kept() * tensor.parameter();
    }
    if (!reader.isAtPadding()) {
      throw fault(
          "quotients that end with bit " + reader.position() + " but for zeros to fill the byte",
          quotientEnd + " bytes of them");
    }
    if (!BitReader.isFilled(code, bits)) {
      throw fault("remainders that end with zeros to fill the byte", "other bits");
    }
  }

  /** The bytes of one tensor; what it shares with the next is the first one's. */
  long bytes(int tensor) {
    return BitWriter.bytes(quotients[tensor + 1])
        - BitWriter.bytes(quotients[tensor])
        + BitWriter.bytes(remainders[tensor + 1])
        - BitWriter.bytes(remainders[tensor]);
  }

  /**
   * Reads every gap, a tensor to a thread.
   *
   * @throws MalformedFileException naming the first tensor with one that leaves it
   */
  List<RicePlaces> places(int threads) throws IOException {
    RicePlaces[] places = new RicePlaces[tensors.size()];
    try {
      Parallel.forEach(
          threads,
          places.length,
          () ->
              number -> {
                try {
                  places[(int) number] = places((int) number, tensors.get((int) number));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return List.of(places);
  }

  private RicePlaces places(int number, Coded tensor) throws IOException {
    BitReader high = new BitReader(code, quotients[number], quotientEnd);
    BitReader low = new BitReader(code, remainders[number], code.count());
    int r = tensor.parameter();
    long[] ends = new long[Math.toIntExact(TensorMask.blocks(tensor.count()))];
    // Each entry has a bit at least, so a file cannot make us allocate more than it holds.
    int most = (int) Math.min(ends.length, tensor.kept());
    int[] blocks = new int[most];
    char[] firsts = new char[most];
    long[] starts = new long[most];
    int found = 0;
    long next = 0;
    for (long entry = 0; entry < tensor.kept(); entry++) {
      long room = tensor.count() - next;
      long quotient = high.zeros();
      long gap = quotient > (room >>> r) ? room : (quotient << r) | low.bits(r);
      if (gap >= room) {
        throw fault(
            "gaps that end within the " + tensor.count() + " of " + tensor.name(),
            "more at number " + entry);
      }
      long at = next + gap;
      int block = (int) (at / TensorMask.BLOCK);
      if (found == 0 || blocks[found - 1] != block) {
        blocks[found] = block;
        firsts[found] = (char) (at % TensorMask.BLOCK);
        starts[found++] = high.position();
      }
      ends[block]++;
      next = at + 1;
    }
    Arrays.parallelPrefix(ends, Long::sum);
    return new RicePlaces(
        code,
        quotientEnd,
        remainders[number],
        r,
        ends,
        Arrays.copyOf(blocks, found),
        Arrays.copyOf(firsts, found),
        Arrays.copyOf(starts, found));
  }

  private MalformedFileException fault(String expected, Object found) {
    return new MalformedFileException(path, expected + " in " + code.name(), found);
  }
}
