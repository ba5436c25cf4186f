package io.darex.prune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.darex.prune.DType;
import io.darex.prune.SparseDelta;
import io.darex.prune.mask.Mask;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The reader against random and mutated files: it gives a sparse delta that can be read from end to
 * end, or throws {@link MalformedFileException}, and nothing else happens.
 *
 * <p>{@code -Ddarex.fuzz.tries=2000000} runs it longer, {@code -Ddarex.fuzz.seed=N} from another
 * seed; a failure prints the seed of its own try, which with one try replays it.
 */
class SparseDeltaFuzzTest {
  private static final int TRIES = Integer.getInteger("darex.fuzz.tries", 5000);
  private static final long SEED = Long.getLong("darex.fuzz.seed", 1);

  /** Far more than files of a few kilobytes can need, on any machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration PER_TRY = Duration.ofMillis(20);

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?(E-?[0-9]+)?");
  private static final Pattern WORD = Pattern.compile("[a-z]+:?|[A-Z]+[0-9]+");

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "-1",
          "2",
          "3",
          "7",
          "8",
          "9",
          "127",
          "128",
          "255",
          "256",
          "65535",
          "65536",
          "65537",
          "131072",
          "2147483647",
          "2147483648",
          "4294967296",
          "1099511627776",
          "1152921504606846976",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "18446744073709551616",
          "0.5",
          "0.999999999999",
          "1e400",
          "1e-400",
          "1E999999999",
          "1e-999999999",
          "4.9E-324",
          "-0.0",
          "NaN",
          "null",
          "\\\"x\\\"",
          "[]",
          "{}");

  private static final List<String> WORDS =
      List.of(
          "kept:",
          "gaps:",
          "columns:",
          "divisor:",
          "whole:",
          "w0",
          "w1",
          "F32",
          "F16",
          "BF16",
          "I64",
          "U8",
          "F64",
          "BOOL",
          "random",
          "stratified",
          "magnitude",
          "columns",
          "della",
          "none",
          "tensor",
          "row",
          "dropRate",
          "seed",
          "group",
          "fallback",
          "tensors");

  @TempDir Path folder;
  private final List<byte[]> good = new ArrayList<>();

  /** Files of every mask, in two types. */
  @BeforeEach
  void writeGoodFiles() throws IOException {
    for (Mask mask : SparseDeltas.MASKS) {
      for (DType dtype : List.of(DType.F32, DType.BF16)) {
        // One has a second block; the others are small, to leave time for more tries.
        long[] other = {good.isEmpty() ? 65_538 : 5};
        SparseDelta delta = SparseDeltas.view(mask, SparseDeltas.base(new long[] {3, 20}, other));
        Path path = folder.resolve("good");
        WriteOptions options = WriteOptions.defaults().withForce(true);
        // With a digest most mutations would end there.
        SparseDeltaFile.write(path, delta, dtype, false, options);
        good.add(Files.readAllBytes(path));
      }
    }
  }

  @Test
  void givesADeltaOrSaysWhatIsWrong() {
    Path path = folder.resolve("hostile");
    AtomicLong seed = new AtomicLong(SEED);
    int[] accepted = new int[1];
    assertTimeoutPreemptively(
        PATIENCE.plus(PER_TRY.multipliedBy(TRIES)),
        () -> {
          while (seed.get() < SEED + TRIES) {
            // A new file each time: to truncate one takes a journalling file system milliseconds.
            Files.deleteIfExists(path);
            Files.write(path, file(new SplittableRandom(seed.get())));
            try {
              accepted[0] += isRead(path) ? 1 : 0;
            } catch (Throwable t) {
              throw new AssertionError(replay(seed), t);
            }
            seed.incrementAndGet();
          }
        },
        () -> "hangs: " + replay(seed));
    // Were none accepted, the mutations would test one check over and over.
    if (TRIES >= 1000) {
      assertThat(accepted[0]).isBetween(TRIES / 100, TRIES / 2);
    }
  }

  private static String replay(AtomicLong seed) {
    return "replay it by -Ddarex.fuzz.tries=1 -Ddarex.fuzz.seed=" + seed;
  }

  private static boolean isRead(Path path) throws IOException {
    try {
      SparseDeltaFile file = SparseDeltaFile.open(path);
      file.verify();
      double[] sum = new double[1];
      file.delta().kept().values().forEach(kept -> kept.forEach((i, value) -> sum[0] += value));
      assertThat(sum[0]).isFinite();
      return true;
    } catch (MalformedFileException e) {
      assertThat(e.getMessage()).contains(": expected ").hasSizeLessThan(1000).hasLineCount(1);
      return false;
    }
  }

  private byte[] file(SplittableRandom random) {
    byte[] bytes = good.get(random.nextInt(good.size())).clone();
    int kind = random.nextInt(10);
    if (kind == 0) {
      bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      return random.nextBoolean() ? bytes : withHeader(new String(bytes, StandardCharsets.UTF_8));
    }
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      bytes = kind < 4 ? changed(bytes, random) : withHeaderChanged(bytes, random);
    }
    return bytes;
  }

  private static byte[] withHeader(String header) {
    return Hostile.bytes(header, new byte[16]);
  }

  /** Bits flipped, bytes replaced, inserted, removed, or the end cut off; the data mostly. */
  private static byte[] changed(byte[] bytes, SplittableRandom random) {
    if (bytes.length == 0) {
      return bytes;
    }
    int header = headerEnd(bytes);
    int from = random.nextInt(4) > 0 && header < bytes.length ? header : 0;
    int at = from + random.nextInt(bytes.length - from);
    byte[] other = bytes.clone();
    switch (random.nextInt(6)) {
      case 0, 1 -> other[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> other[at] = (byte) random.nextInt();
      case 3 -> {
        other = Arrays.copyOf(bytes, bytes.length + 1);
        System.arraycopy(bytes, at, other, at + 1, bytes.length - at);
      }
      case 4 -> {
        other = Arrays.copyOf(bytes, bytes.length - 1);
        System.arraycopy(bytes, at + 1, other, at, other.length - at);
      }
      default -> other = Arrays.copyOf(bytes, at);
    }
    return other;
  }

  /** A number, word or character of the header replaced, and the header's length made right. */
  private static byte[] withHeaderChanged(byte[] bytes, SplittableRandom random) {
    int end = headerEnd(bytes);
    if (end <= Long.BYTES) {
      return bytes;
    }
    StringBuilder header =
        new StringBuilder(new String(bytes, Long.BYTES, end - Long.BYTES, StandardCharsets.UTF_8));
    switch (random.nextInt(6)) {
      case 0, 1, 2 -> replace(header, NUMBER, NUMBERS, random);
      case 3 -> replace(header, WORD, WORDS, random);
      case 4 -> swap(header, random);
      default -> header.setCharAt(random.nextInt(header.length()), (char) random.nextInt(128));
    }
    return Hostile.bytes(header.toString(), Arrays.copyOfRange(bytes, end, bytes.length));
  }

  private static void replace(
      StringBuilder header, Pattern pattern, List<String> by, SplittableRandom random) {
    List<MatchResult> found = pattern.matcher(header).results().toList();
    if (!found.isEmpty()) {
      MatchResult one = found.get(random.nextInt(found.size()));
      header.replace(one.start(), one.end(), by.get(random.nextInt(by.size())));
    }
  }

  /** Two numbers change places. */
  private static void swap(StringBuilder header, SplittableRandom random) {
    List<MatchResult> found = NUMBER.matcher(header).results().toList();
    if (found.size() > 1) {
      int first = random.nextInt(found.size() - 1);
      MatchResult a = found.get(first);
      MatchResult b = found.get(first + 1 + random.nextInt(found.size() - 1 - first));
      String earlier = a.group();
      header.replace(b.start(), b.end(), earlier).replace(a.start(), a.end(), b.group());
    }
  }

  private static int headerEnd(byte[] bytes) {
    if (bytes.length < Long.BYTES) {
      return 0;
    }
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return length < 0 || length > bytes.length - Long.BYTES ? 0 : (int) length + Long.BYTES;
  }
}
