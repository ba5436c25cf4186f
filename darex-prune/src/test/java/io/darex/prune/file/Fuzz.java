package io.darex.prune.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.darex.prune.folder.Hostile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A reader against random and mutated files: it gives what can be read from end to end, or refuses
 * it in one line, and nothing else happens.
 *
 * <p>{@code -Ddarex.fuzz.tries=2000000} runs it longer than the 10,000 tries of the build, {@code
 * -Ddarex.fuzz.seed=N} from another seed; a failure prints the seed of its own try, which with one
 * try replays it.
 *
 * @param words of the format, to put in the place of others
 */
public record Fuzz(List<String> words) {
  private static final int TRIES = Integer.getInteger("darex.fuzz.tries", 10_000);
  private static final long SEED = Long.getLong("darex.fuzz.seed", 1);

  /** Far more than files of a few kilobytes can need, on any machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration PER_TRY = Duration.ofMillis(20);

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?(E-?[0-9]+)?");
  private static final Pattern WORD = Pattern.compile("[a-z_]+:?|[A-Z]+[0-9]*");

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

  /** Makes the files of a try. */
  @FunctionalInterface
  public interface Maker {
    void write(SplittableRandom random) throws IOException;
  }

  /** Reads them from end to end, or throws one of the exceptions that say what is wrong. */
  @FunctionalInterface
  public interface Reader {
    void read() throws IOException;
  }

  /**
   * Runs all tries.
   *
   * @param refusals the exceptions that say what is wrong with the input
   */
  public static void run(Maker maker, Reader reader, Set<Class<? extends Exception>> refusals) {
    AtomicLong seed = new AtomicLong(SEED);
    int[] accepted = new int[1];
    assertTimeoutPreemptively(
        PATIENCE.plus(PER_TRY.multipliedBy(TRIES)),
        () -> {
          while (seed.get() < SEED + TRIES) {
            maker.write(new SplittableRandom(seed.get()));
            try {
              accepted[0] += isRead(reader, refusals) ? 1 : 0;
            } catch (Throwable t) {
              throw new AssertionError(replay(seed), t);
            }
            seed.incrementAndGet();
          }
        },
        () -> "hangs: " + replay(seed));
    // Were none accepted, the mutations would test one check over and over.
    if (TRIES >= 1000) {
      assertThat(accepted[0]).isBetween(TRIES / 100, TRIES * 9 / 10);
    }
  }

  private static String replay(AtomicLong seed) {
    return "replay it by -Ddarex.fuzz.tries=1 -Ddarex.fuzz.seed=" + seed;
  }

  private static boolean isRead(Reader reader, Set<Class<? extends Exception>> refusals)
      throws IOException {
    try {
      reader.read();
      return true;
    } catch (IOException | RuntimeException e) {
      if (!refusals.contains(e.getClass())) {
        throw e;
      }
      assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(1000).hasLineCount(1);
      if (e instanceof MalformedFileException) {
        assertThat(e.getMessage()).contains(": expected ");
      }
      return false;
    }
  }

  /** A new file each time: to truncate one takes a journalling file system milliseconds. */
  public static void replace(Path path, byte[] bytes) throws IOException {
    Files.deleteIfExists(path);
    Files.write(path, bytes);
  }

  /** Noise, or a good safetensors file with one to three changes. */
  public byte[] safetensors(byte[] good, SplittableRandom random) {
    byte[] bytes = good.clone();
    int kind = random.nextInt(10);
    if (kind == 0) {
      bytes = new byte[random.nextInt(300)];
      random.nextBytes(bytes);
      return random.nextBoolean()
          ? bytes
          : Hostile.bytes(new String(bytes, StandardCharsets.UTF_8), new byte[16]);
    }
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      bytes =
          kind < 4 ? changed(bytes, headerEnd(bytes), random) : withHeaderChanged(bytes, random);
    }
    return bytes;
  }

  /** One to three changes of a good text. */
  public byte[] text(String good, SplittableRandom random) {
    StringBuilder text = new StringBuilder(good);
    for (int changes = 1 + random.nextInt(3); changes > 0 && !text.isEmpty(); changes--) {
      rewrite(text, random);
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return random.nextInt(5) == 0 ? changed(bytes, 0, random) : bytes;
  }

  /** Bits flipped, bytes replaced, inserted, removed, or the end cut off; the data mostly. */
  private static byte[] changed(byte[] bytes, int header, SplittableRandom random) {
    if (bytes.length == 0) {
      return bytes;
    }
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

  /** A change of the header, whose length is made right. */
  private byte[] withHeaderChanged(byte[] bytes, SplittableRandom random) {
    int end = headerEnd(bytes);
    if (end <= Long.BYTES) {
      return bytes;
    }
    StringBuilder header =
        new StringBuilder(new String(bytes, Long.BYTES, end - Long.BYTES, StandardCharsets.UTF_8));
    rewrite(header, random);
    return Hostile.bytes(header.toString(), Arrays.copyOfRange(bytes, end, bytes.length));
  }

  /** A number, word or character replaced, or two numbers swapped. */
  private void rewrite(StringBuilder text, SplittableRandom random) {
    switch (random.nextInt(6)) {
      case 0, 1, 2 -> replace(text, NUMBER, NUMBERS, random);
      case 3 -> replace(text, WORD, words, random);
      case 4 -> swap(text, random);
      default -> text.setCharAt(random.nextInt(text.length()), (char) random.nextInt(128));
    }
  }

  private static void replace(
      StringBuilder text, Pattern pattern, List<String> by, SplittableRandom random) {
    List<MatchResult> found = pattern.matcher(text).results().toList();
    if (!found.isEmpty()) {
      MatchResult one = found.get(random.nextInt(found.size()));
      text.replace(one.start(), one.end(), by.get(random.nextInt(by.size())));
    }
  }

  /** Two numbers change places. */
  private static void swap(StringBuilder text, SplittableRandom random) {
    List<MatchResult> found = NUMBER.matcher(text).results().toList();
    if (found.size() > 1) {
      int first = random.nextInt(found.size() - 1);
      MatchResult a = found.get(first);
      MatchResult b = found.get(first + 1 + random.nextInt(found.size() - 1 - first));
      String earlier = a.group();
      text.replace(b.start(), b.end(), earlier).replace(a.start(), a.end(), b.group());
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
