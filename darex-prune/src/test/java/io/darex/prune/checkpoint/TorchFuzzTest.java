package io.darex.prune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.darex.prune.Tensor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The reader of torch files against mutated zips and pickles: it gives tensors that can be read
 * from end to end, or throws {@link MalformedFileException}, and nothing else happens.
 *
 * <p>{@code -Ddarex.fuzz.tries=2000000} runs it longer, {@code -Ddarex.fuzz.seed=N} from another
 * seed; a failure prints the seed of its own try, which with one try replays it.
 */
class TorchFuzzTest {
  private static final int TRIES = Integer.getInteger("darex.fuzz.tries", 10_000);
  private static final long SEED = Long.getLong("darex.fuzz.seed", 1);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration PER_TRY = Duration.ofMillis(20);

  /** Opcodes of all pickle protocols, and bytes that change lengths and numbers. */
  private static final byte[] BYTES = bytes();

  @TempDir Path folder;

  private static byte[] bytes() {
    String all =
        "(.012FGIKLJMNPQRSTUVXabcdeghijlopqrstu]})B\n\0\1\2\4\177\u00c8\u00fe\u00ff"
            + IntStream.range(0x80, 0x98)
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
    return all.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void givesTensorsOrSaysWhatIsWrong() throws IOException {
    byte[] good = TorchZips.resource("weights.bin");
    Map<String, byte[]> entries = TorchZips.weights();
    AtomicLong seed = new AtomicLong(SEED);
    int[] accepted = new int[1];
    assertTimeoutPreemptively(
        PATIENCE.plus(PER_TRY.multipliedBy(TRIES)),
        () -> {
          while (seed.get() < SEED + TRIES) {
            Path path = folder.resolve("hostile.bin");
            Files.deleteIfExists(path);
            Files.write(path, file(good, entries, new SplittableRandom(seed.get())));
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
      for (Tensor tensor : WeightFile.read(path).values()) {
        // A file of a few kilobytes has no tensor that takes long.
        assertThat(tensor.count()).isLessThan(Files.size(path));
        assertThat(tensor.bytes(0, (int) tensor.count()).remaining())
            .isEqualTo((int) tensor.count() * tensor.dtype().bytes());
      }
      return true;
    } catch (MalformedFileException e) {
      assertThat(e.getMessage()).contains(": expected ").hasSizeLessThan(1000).hasLineCount(1);
      return false;
    }
  }

  private static byte[] file(byte[] good, Map<String, byte[]> entries, SplittableRandom random) {
    int kind = random.nextInt(10);
    if (kind < 3) {
      byte[] bytes = good;
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        // The end has the directory.
        int from = random.nextBoolean() ? 0 : bytes.length * 2 / 3;
        bytes = changed(bytes, from, random);
      }
      return bytes;
    }
    Map<String, byte[]> other = new LinkedHashMap<>(entries);
    List<String> names = new ArrayList<>(entries.keySet());
    String name = kind < 9 ? "weights/data.pkl" : names.get(random.nextInt(names.size()));
    byte[] bytes = other.get(name);
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      bytes = changed(bytes, 0, random);
    }
    other.put(name, bytes);
    return TorchZips.zip(other, random.nextBoolean(), 0);
  }

  /** A bit flipped, a byte replaced, inserted or removed, a part repeated, or the end cut off. */
  private static byte[] changed(byte[] bytes, int from, SplittableRandom random) {
    if (bytes.length <= from) {
      return bytes;
    }
    int at = from + random.nextInt(bytes.length - from);
    byte any = BYTES[random.nextInt(BYTES.length)];
    return switch (random.nextInt(8)) {
      case 0, 1 -> spliced(bytes, at, at + 1, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
      case 2, 3 -> spliced(bytes, at, at + 1, any);
      case 4 -> spliced(bytes, at, at, any);
      case 5 -> spliced(bytes, at, at + 1);
      case 6 -> {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(60));
        yield spliced(bytes, at, at, Arrays.copyOfRange(bytes, at, end));
      }
      default ->
          random.nextInt(4) == 0 ? Arrays.copyOf(bytes, at) : spliced(bytes, at, at + 1, any);
    };
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte... instead) {
    byte[] other = Arrays.copyOf(bytes, bytes.length - (to - from) + instead.length);
    System.arraycopy(instead, 0, other, from, instead.length);
    System.arraycopy(bytes, to, other, from + instead.length, bytes.length - to);
    return other;
  }
}
