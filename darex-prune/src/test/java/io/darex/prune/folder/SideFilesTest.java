package io.darex.prune.folder;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which files of a fine-tune are its base's, so that a delta need not carry them. */
class SideFilesTest {
  private static final String BASE =
      tokenizer(
          "{'direction': 'Right', 'max_length': 128, 'strategy': 'LongestFirst', 'stride': 0}",
          "{'strategy': {'Fixed': 128}, 'direction': 'Right', 'pad_id': 0, 'pad_token': '[PAD]'}",
          "[PAD]");

  private static String tokenizer(String truncation, String padding, String first) {
    return "{'truncation': %s, 'padding': %s, 'model': {'vocab': {'%s': 0}}}"
        .formatted(truncation, padding, first)
        .replace('\'', '"');
  }

  private static boolean isCarried(String name, String tuned) {
    return SideFiles.compared(Map.of(name, bytes(tuned)), Map.of(name, bytes(BASE)))
        .get(name)
        .content()
        .isPresent();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The first line is what transformers 5 makes of the file in a training with batches. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "false; {'direction': 'Right', 'max_length': 32, 'strategy': 'LongestFirst', 'stride': 0};"
            + " {'strategy': 'BatchLongest', 'direction': 'Right', 'pad_id': 0, 'pad_token':"
            + " '[PAD]'}; [PAD]",
        "false; null; null; [PAD]",
        "true; {'direction': 'Left', 'max_length': 128, 'strategy': 'LongestFirst', 'stride': 0};"
            + " null; [PAD]",
        "true; null; {'strategy': {'Fixed': 128}, 'direction': 'Right', 'pad_id': 1, 'pad_token':"
            + " '[PAD]'}; [PAD]",
        "true; null; null; [UNK]"
      })
  void theLengthsOfTheLastCallAreNotTheTokenizers(
      boolean carried, String truncation, String padding, String first) {
    String tuned = tokenizer(truncation, padding, first);
    assertThat(isCarried("tokenizer.json", tuned)).isEqualTo(carried);
    assertThat(isCarried("other.json", tuned)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"tokenizer.json, false", "other.json, false", "vocab.txt, true"})
  void anotherLayoutOfJsonIsTheSameFile(String name, boolean carried) {
    assertThat(isCarried(name, BASE.replace(" ", "\n  "))).isEqualTo(carried);
    assertThat(isCarried(name, BASE)).isFalse();
    assertThat(isCarried(name, BASE.substring(1))).isTrue();
  }
}
