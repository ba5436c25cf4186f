package io.darex.bench.calibration;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.task.Example;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.bench.tokenizer.TokenizerFiles;
import io.darex.prune.file.FileFaults;
import io.darex.prune.file.InputFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Unlabelled texts, tokenised.
 *
 * <p>Texts are taken as they are, from the first, for as long as they fit into the size's {@code
 * windows · tokens} tokens. They are not joined into full windows, as docs/METHOD.md §3.1's
 * reference does with a corpus: an encoder fine-tuned on single sentences never saw several in a
 * row. Padding counts nowhere.
 *
 * @param texts all of them, at least one
 */
public record CalibrationTexts(List<EncodedText> texts) {
  /** A line is tokenised whole; of a longer one the rest is not read. */
  private static final int LINE_TOKENS = 1 << 20;

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if there is no text
   */
  public CalibrationTexts {
    texts = List.copyOf(texts);
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("calibration needs one text at least, got none");
    }
  }

  /** How many tokens they have together. */
  public long tokens() {
    return texts.stream().mapToLong(EncodedText::length).sum();
  }

  /**
   * The texts of a task, whose labels are not looked at.
   *
   * @param train examples that are learned from, in their random order; neither those searched on
   *     nor those of the reported result
   * @throws IllegalArgumentException if there is no example
   */
  public static CalibrationTexts of(
      Tokenizer tokenizer, List<Example> train, CalibrationSize size) {
    Budget budget = new Budget(size);
    for (Example example : train) {
      EncodedText text = tokenizer.encode(example.text(), example.second());
      if (!budget.take(text)) {
        break;
      }
    }
    return budget.texts();
  }

  /**
   * The texts of a UTF-8 file, one a line; blank lines are skipped and long ones cut into windows
   * of at most {@code size.tokens()} tokens.
   *
   * @throws BadInputException naming the file, if it cannot be read, is not UTF-8 or has no text
   */
  public static CalibrationTexts read(
      Path file, TokenizerFiles files, EncoderConfig config, CalibrationSize size) {
    Budget budget = new Budget(size);
    int longest = Math.min(size.tokens(), config.maxTokens());
    try (BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(InputFile.open(file), StandardCharsets.UTF_8.newDecoder()));
        Tokenizer tokenizer = files.open(LINE_TOKENS, config.vocabSize())) {
      Windows windows = new Windows(tokenizer.encode(""), longest);
      boolean more = true;
      for (String line = lines.readLine(); more && line != null; line = lines.readLine()) {
        String bare = line.startsWith("\uFEFF") ? line.substring(1) : line;
        if (!bare.isBlank()) {
          more = windows.of(tokenizer.encode(bare)).stream().allMatch(budget::take);
        }
      }
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": expected a file, got nothing of that name", e);
    } catch (CharacterCodingException e) {
      throw new BadInputException(file + ": expected UTF-8, got other bytes", e);
    } catch (IOException e) {
      throw new BadInputException(FileFaults.sentence(e), e);
    }
    if (budget.taken.isEmpty()) {
      throw new BadInputException(file + ": expected text, one a line, got none");
    }
    return budget.texts();
  }

  /** Takes texts while they fit, and the first in any case. */
  private static final class Budget {
    private final List<EncodedText> taken = new ArrayList<>();
    private long left;

    Budget(CalibrationSize size) {
      left = size.budget();
    }

    boolean take(EncodedText text) {
      boolean fits = taken.isEmpty() || text.length() <= left;
      if (fits) {
        taken.add(text);
        left -= text.length();
      }
      return fits;
    }

    CalibrationTexts texts() {
      return new CalibrationTexts(taken);
    }
  }

  /**
   * Cuts long encodings, so that each window begins and ends as a text does.
   *
   * @param empty the encoding of no text: the special tokens
   */
  private record Windows(EncodedText empty, int longest) {
    List<EncodedText> of(EncodedText text) {
      int[] special = empty.ids();
      int before = Math.max(0, Arrays.mismatch(special, text.ids()));
      int end = text.length() - (special.length - before);
      int width = Math.max(1, longest - special.length);
      List<EncodedText> windows = new ArrayList<>();
      for (int from = before; from < end; from += width) {
        IntStream begin = Arrays.stream(special, 0, before);
        IntStream content = Arrays.stream(text.ids(), from, Math.min(end, from + width));
        IntStream finish = Arrays.stream(special, before, special.length);
        int[] ids = IntStream.concat(IntStream.concat(begin, content), finish).toArray();
        windows.add(new EncodedText(ids, new int[ids.length]));
      }
      return windows;
    }
  }
}
