package io.darex.bench.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.task.Example;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.bench.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrationTextsTest {
  private static final Pretrained MINI_LM = BuiltInEncoders.read("minilm-l6");
  private static final CalibrationSize SMALL = new CalibrationSize(3, 10);

  @TempDir Path folder;

  private CalibrationTexts read(String content, CalibrationSize size) throws IOException {
    Path file = Files.writeString(folder.resolve("texts.txt"), content);
    return CalibrationTexts.read(file, MINI_LM.tokenizer(), MINI_LM.config(), size);
  }

  @Test
  void aLineIsATextAndBlankOnesAreNone() throws IOException {
    CalibrationTexts texts =
        read("\uFEFFThe cat sat.\r\n\n  \t \nA dog — naïve.", CalibrationSize.DEFAULT);
    try (Tokenizer tokenizer = new Tokenizer(MINI_LM.tokenizer().json(), 64)) {
      assertSame(
          texts.texts(),
          List.of(tokenizer.encode("The cat sat."), tokenizer.encode("A dog — naïve.")));
    }
  }

  @Test
  void longLinesAreCutIntoWindowsThatLoseNothing() throws IOException {
    List<String> words = Collections.nCopies(7, "one two three");
    CalibrationTexts texts = read(String.join(" ", words), SMALL);
    List<Integer> content = new ArrayList<>();
    int[] lengths = texts.texts().stream().mapToInt(EncodedText::length).toArray();
    assertThat(lengths).containsExactly(10, 10, 7);
    for (EncodedText text : texts.texts()) {
      int[] ids = text.ids();
      assertThat(ids[0]).isEqualTo(101);
      assertThat(ids[ids.length - 1]).isEqualTo(102);
      Arrays.stream(ids, 1, ids.length - 1).forEach(content::add);
    }
    try (Tokenizer tokenizer = new Tokenizer(MINI_LM.tokenizer().json(), 64)) {
      int[] whole = tokenizer.encode(String.join(" ", words)).ids();
      assertThat(content).isEqualTo(Arrays.stream(whole, 1, whole.length - 1).boxed().toList());
    }
  }

  @Test
  void textsAreTakenWhileTheyFit() throws IOException {
    // Five tokens each, special ones included, and room for 30.
    CalibrationTexts texts = read("one two three\n".repeat(50), SMALL);
    assertThat(texts.texts()).hasSize(6);
    assertThat(texts.tokens()).isEqualTo(30);
  }

  @Test
  void examplesGiveTheirTextsAndPairs() {
    List<Example> train =
        List.of(
            Example.of("The cat sat.", Double.NaN),
            new Example("One.", Optional.of("Two."), Double.NaN));
    try (Tokenizer tokenizer = new Tokenizer(MINI_LM.tokenizer().json(), 64)) {
      assertSame(
          CalibrationTexts.of(tokenizer, train, CalibrationSize.DEFAULT).texts(),
          List.of(tokenizer.encode("The cat sat."), tokenizer.encode("One.", "Two.")));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> CalibrationTexts.of(tokenizer, List.of(), CalibrationSize.DEFAULT));
    }
  }

  private static void assertSame(List<EncodedText> actual, List<EncodedText> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i).ids()).isEqualTo(expected.get(i).ids());
      assertThat(actual.get(i).types()).isEqualTo(expected.get(i).types());
    }
  }

  @Test
  void aFileWithoutTextOrOfOtherBytesIsBadInput() throws IOException {
    for (String empty : List.of("", "\n\n", " \t\n\uFEFF")) {
      assertThatThrownBy(() -> read(empty, SMALL))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("texts.txt: expected text, one a line, got none");
    }
    Path latin = folder.resolve("latin.txt");
    Files.write(latin, "Größe".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> of(latin))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("latin.txt: expected UTF-8, got other bytes");
    assertThatThrownBy(() -> of(folder.resolve("none.txt")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("none.txt: expected a file, got nothing of that name");
  }

  private static CalibrationTexts of(Path file) {
    return CalibrationTexts.read(file, MINI_LM.tokenizer(), MINI_LM.config(), SMALL);
  }

  @Test
  void sizesThatCannotBeAreRefused() {
    for (int[] bad : new int[][] {{0, 128}, {1, 7}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new CalibrationSize(bad[0], bad[1]))
          .withMessageContaining("calibration needs");
    }
  }
}
