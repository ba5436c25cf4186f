package io.darex.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A reader of text files against mutations of good ones and against noise: it reads the file, or
 * refuses it by one line that says why, within a bounded time, and nothing else happens.
 *
 * <p>{@code -Ddarex.fuzz.tries=2000000} runs it longer, {@code -Ddarex.fuzz.seed=N} from another
 * seed; a failure prints the seed of its own try, which with one try replays it.
 */
public final class FuzzTries {
  private static final int TRIES = Integer.getInteger("darex.fuzz.tries", 10_000);
  private static final long SEED = Long.getLong("darex.fuzz.seed", 1);

  /** Far more than files of a few kilobytes can need, on any machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration PER_TRY = Duration.ofMillis(20);

  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_.+-]+");

  /** What other readers have stumbled over. */
  private static final List<String> WORDS =
      List.of(
          "0",
          "1",
          "-1",
          "2147483647",
          "2147483648",
          "9223372036854775808",
          "1e400",
          "1E999999999",
          "1e-999999999",
          "-0.0",
          ".5",
          "0x1F",
          "010",
          "1_0",
          "1:30",
          ".nan",
          ".inf",
          "NaN",
          "null",
          "~",
          "no",
          "True",
          "[]",
          "{}",
          "[[[[",
          "}}",
          "- ",
          ": ",
          "? a",
          "<<: *a",
          "&a x",
          "*a",
          "!!int x",
          "!!binary =",
          "!!python/object:x {}",
          "| \n  x",
          "> \n  x",
          "---",
          "...",
          "%TAG",
          "\"",
          "'",
          "\\",
          "\\u0000",
          "\\ud800",
          "#",
          "\t",
          "\n",
          "\n\n",
          "\r\n",
          "\r",
          "\u0000",
          "\u001b[31m",
          "\u0085",
          "\u2028",
          "\ufeff",
          "\ud800",
          "é",
          "\ud83d\ude00",
          "@",
          "`",
          "|",
          "a".repeat(300),
          "\t\t\t",
          "../..",
          "/",
          "C:\\x",
          "*",
          "q-labelled",
          "random",
          "none");

  private FuzzTries() {}

  /** Reads a file. */
  public interface Reader {
    /**
     * Reads all of it.
     *
     * @throws BadInputException or another of the product's that say that the input is at fault
     */
    void read(Path file) throws Exception;
  }

  /**
   * Tries.
   *
   * @param folder for the files, which may hold what good ones refer to
   * @param name of the files
   * @param good texts that are read
   */
  public static void run(Path folder, String name, List<String> good, Reader reader) {
    Path file = folder.resolve(name);
    AtomicLong seed = new AtomicLong(SEED);
    int[] accepted = new int[1];
    assertTimeoutPreemptively(
        PATIENCE.plus(PER_TRY.multipliedBy(TRIES)),
        () -> {
          for (String each : good) {
            Files.writeString(file, each);
            assertThat(isRead(file, reader)).as(each).isTrue();
          }
          while (seed.get() < SEED + TRIES) {
            // A new file each time: to truncate one takes a journalling file system milliseconds.
            Files.deleteIfExists(file);
            Files.write(file, mutated(good, new SplittableRandom(seed.get())));
            try {
              accepted[0] += isRead(file, reader) ? 1 : 0;
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

  private static boolean isRead(Path file, Reader reader) throws Exception {
    try {
      reader.read(file);
      return true;
    } catch (Exception e) {
      String line = Main.inputFault(e).orElse(null);
      if (line == null) {
        throw e;
      }
      assertThat(line).isNotBlank().hasLineCount(1).doesNotContainPattern("\\p{Cc}|Exception");
      assertThat(line).hasSizeLessThan(2000);
      return false;
    }
  }

  private static byte[] mutated(List<String> good, SplittableRandom random) {
    if (random.nextInt(20) == 0) {
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      return noise;
    }
    String text = good.get(random.nextInt(good.size()));
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      text = changed(text, random);
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0 && random.nextInt(10) == 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return bytes;
  }

  private static String changed(String text, SplittableRandom random) {
    int at = random.nextInt(text.length() + 1);
    List<MatchResult> tokens = TOKEN.matcher(text).results().toList();
    MatchResult token = tokens.isEmpty() ? null : tokens.get(random.nextInt(tokens.size()));
    String word = WORDS.get(random.nextInt(WORDS.size()));
    List<String> lines = Arrays.asList(text.split("(?<=\n)"));
    String line = lines.get(random.nextInt(lines.size()));
    return switch (random.nextInt(8)) {
      case 0 -> text.substring(0, at) + word + text.substring(at);
      case 1, 2 -> token == null ? word : replaced(text, token, word);
      case 3 -> token == null ? text : replaced(text, token, tokens.get(0).group());
      case 4 -> text.substring(0, at);
      case 5 -> text.replace(line, line + line);
      case 6 -> text.replace(line, "");
      default -> at == text.length() ? text : text.substring(0, at) + text.substring(at + 1);
    };
  }

  private static String replaced(String text, MatchResult token, String by) {
    return text.substring(0, token.start()) + by + text.substring(token.end());
  }
}
