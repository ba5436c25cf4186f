package io.darex.bench.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.BuiltInEncoders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerFilesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TokenizerFiles BUILT_IN = BuiltInEncoders.read("minilm-l6").tokenizer();
  private static final List<String> TEXTS =
      List.of(
          "The sailors rode the breeze clear of the rocks.",
          "\"Who,\" he asked, \"isn't UNBELIEVABLY thirsty?\"",
          "Ça va, Ångström naïve café — 世界 \uD83D\uDE00 …",
          "hide new secretions from the parental units ",
          "$1,234.56 at 10:30 a.m. [MASK] [SEP]",
          "tab\tnul\u0000 zero\u200Bwidth \u00A0 soft\u00ADhyphen \uFFFD",
          "x".repeat(150) + " " + "antidisestablishmentarianism",
          " ",
          "");

  @TempDir private Path folder;

  @Test
  void aBareVocabularyGivesTheIdsOfTheWholeTokenizer() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), vocabulary());
    try (Tokenizer bare = TokenizerFiles.read(folder).open(24, 30522);
        Tokenizer whole = BUILT_IN.open(24, 30522)) {
      for (String text : TEXTS) {
        assertSame(bare.encode(text), whole.encode(text), text);
        for (String second : TEXTS) {
          assertSame(bare.encode(text, second), whole.encode(text, second), text + "|" + second);
        }
      }
      Random random = new Random(11);
      for (int i = 0; i < 300; i++) {
        String text =
            random
                .ints(40, 1, i % 2 == 0 ? 128 : 0x3000)
                .filter(Character::isDefined)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        assertSame(bare.encode(text), whole.encode(text), "text " + i);
      }
      assertThat(bare.cut()).isEqualTo(whole.cut()).isPositive();
    }
  }

  @Test
  void emptyTextIsTheSpecialTokensAlone() {
    try (Tokenizer tokenizer = BUILT_IN.open(64, 30522)) {
      assertThat(tokenizer.encode("").ids()).containsExactly(101, 102);
      assertThat(tokenizer.encode("", "").ids()).containsExactly(101, 102, 102);
      assertThat(tokenizer.encode("", "").types()).containsExactly(0, 0, 1);
    }
  }

  /** transformers' longest_first takes from the longer text until both fit. */
  @Test
  void theLongerTextOfAPairIsCutFirstAndEveryCutCounted() {
    try (Tokenizer tokenizer = BUILT_IN.open(9, 30522)) {
      String five = "one two three four five";
      assertThat(tokenizer.encode("one", five).ids()).hasSize(9);
      assertThat(tokenizer.cut()).isZero();
      int[] cut = tokenizer.encode(five, "one two").ids();
      assertThat(tokenizer.cut()).isEqualTo(1);
      // Four of the first text and both of the second.
      assertThat(cut).hasSize(9);
      assertThat(cut[5]).isEqualTo(102);
      assertThat(tokenizer.encode("one two three four five six seven eight").ids()).hasSize(9);
      assertThat(tokenizer.cut()).isEqualTo(2);
      assertThat(tokenizer.encode("one two three four five six seven").ids()).hasSize(9);
      assertThat(tokenizer.cut()).isEqualTo(2);
    }
  }

  @Test
  void theConfigRulesCaseAccentsAndNames() throws IOException {
    String vocab = "<pad>\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nCafé\ncafe\ncafé\n世\n世界\r\n";
    Files.writeString(folder.resolve("vocab.txt"), vocab);
    configure("{\"pad_token\": \"<pad>\"}");
    assertThat(ids("Café 世界")).containsExactly(2, 6, 8, 1, 3);
    configure("{\"pad_token\": {\"content\": \"<pad>\"}, \"do_lower_case\": false}");
    assertThat(ids("Café 世界")).containsExactly(2, 5, 8, 1, 3);
    configure("{\"pad_token\": \"<pad>\", \"strip_accents\": false}");
    assertThat(ids("Café")).containsExactly(2, 7, 3);
    configure("{\"pad_token\": \"<pad>\", \"tokenize_chinese_chars\": false}");
    assertThat(ids("世界")).containsExactly(2, 9, 3);
    configure("{}");
    Files.writeString(folder.resolve("special_tokens_map.json"), "{\"pad_token\": \"<pad>\"}");
    assertThat(ids("cafe")).containsExactly(2, 6, 3);
  }

  @Test
  void bytePairsAreMergedAsRobertaDoes() throws IOException {
    // Bytes "a" "b" "c" and the space, which is written Ġ; c3 a9 (é) is written Ã ©.
    Files.writeString(
        folder.resolve("vocab.json"),
        """
        {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "b": 5, "Ġ": 6, "ab": 7, "Ġab": 8,
         "Ã": 9, "©": 10, "Ã©": 11, "<mask>": 12}
        """);
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na b\nĠ ab\nÃ ©\n");
    TokenizerFiles files = TokenizerFiles.read(folder);
    try (Tokenizer tokenizer = files.open(32, 13)) {
      assertThat(tokenizer.encode("ab abé").ids()).containsExactly(0, 7, 8, 11, 2);
      EncodedText pair = tokenizer.encode("a", " b");
      assertThat(pair.ids()).containsExactly(0, 4, 2, 2, 6, 5, 2);
      assertThat(pair.types()).containsOnly(0);
      assertThat(tokenizer.encode("").ids()).containsExactly(0, 2);
      assertThat(tokenizer.encode("a <mask>").ids()).containsExactly(0, 4, 6, 12, 2);
    }
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\na b\nab\n");
    assertThatThrownBy(() -> TokenizerFiles.read(folder).open(32, 13))
        .isInstanceOf(BadInputException.class)
        .hasMessage("merges.txt:3: expected two parts with a space between, got \"ab\"");
  }

  @Test
  void aTokenizerBeyondTheEmbeddingsIsRefusedAndASmallerOneIsNot() throws IOException {
    assertThatThrownBy(() -> BUILT_IN.open(64, 30521))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("expected at most 30521 tokens")
        .hasMessageContaining("got 30522");
    BUILT_IN.open(64, 40000).close();
  }

  @Test
  void aFolderWithoutTokenizerAndBrokenFilesAreOneLine() throws IOException {
    assertThatThrownBy(() -> TokenizerFiles.read(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(folder + ": expected a tokenizer: tokenizer.json, or vocab.txt");
    Files.writeString(folder.resolve("sentencepiece.bpe.model"), "x");
    assertThatThrownBy(() -> TokenizerFiles.read(folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("got sentencepiece.bpe.model alone: save it once by transformers");
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[CLS]\n[SEP]\n");
    assertThatThrownBy(() -> ids("x"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "tokenizer: expected the unk_token \"[UNK]\" in the vocabulary, got none of that"
                + " name");
    Files.write(folder.resolve("vocab.txt"), new byte[] {(byte) 0xC3, '\n'});
    assertThatThrownBy(() -> ids("x"))
        .isInstanceOf(BadInputException.class)
        .hasMessage("vocab.txt: expected UTF-8, got other bytes");
    Files.writeString(folder.resolve("tokenizer.json"), "{");
    assertThatThrownBy(() -> ids("x"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("tokenizer.json: expected JSON");
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
    assertThatThrownBy(() -> ids("x"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tokenizer.json");
  }

  @Test
  void theLimitOfTheConfigIsTaken() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), vocabulary());
    assertThat(TokenizerFiles.read(folder).maxLength()).isEmpty();
    configure("{\"model_max_length\": 256}");
    assertThat(TokenizerFiles.read(folder).maxLength()).hasValue(256);
    configure("{\"model_max_length\": 1000000000000000019884624838656}");
    assertThat(TokenizerFiles.read(folder).maxLength()).isEmpty();
  }

  /** transformers gives such a token the next id; only a text that holds it cannot be encoded. */
  @Test
  void aSpecialTokenThatTheVocabularyLacksIsRefusedWhereATextHoldsIt() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\nx\na\n");
    try (Tokenizer tokenizer = TokenizerFiles.read(folder).open(16, 6)) {
      assertThat(tokenizer.encode("x a").ids()).containsExactly(2, 4, 5, 3);
      assertThatThrownBy(() -> tokenizer.encode("x [MASK]"))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith("tokenizer: expected ids below 6")
          .hasMessageContaining("got 6");
    }
  }

  /** The native library ends the process on each of these. */
  @Test
  void whatTheLibraryWouldNotSurviveIsRefusedByName() throws IOException {
    hostile(
        "post_processor",
        "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"[NONE]\","
            + " \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}], \"pair\": [],"
            + " \"special_tokens\": {}}",
        "one of the template's special_tokens");
    hostile(
        "normalizer",
        "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"(a+)+$\"}, \"content\":" + " \"\"}",
        "normalizer: pattern: Regex: expected characters and classes in a row");
    hostile(
        "normalizer",
        "{\"type\": \"Replace\", \"pattern\": {\"String\": \"\"}, \"content\":" + " \"x\"}",
        "normalizer: pattern: String: expected at least one character");
    hostile(
        "normalizer",
        "{\"type\": \"Prepend\", \"prepend\": \"" + "x".repeat(65) + "\"}",
        "lengthen a text 64 times at most");
    hostile(
        "normalizer",
        "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"BAAAAP////8=\"}",
        "numbers that lead out of it");
    hostile(
        "pre_tokenizer",
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"x*\"}, \"behavior\":"
            + " \"Removed\", \"invert\": false}",
        "pre_tokenizer: pattern: Regex: expected");
    hostile("pre_tokenizer", "{\"type\": \"Unheard\"}", "pre_tokenizer: type: expected one of");
  }

  private void hostile(String part, String json, String message) throws IOException {
    ObjectNode whole = (ObjectNode) JSON.readTree(BUILT_IN.json());
    whole.set(part, JSON.readTree(json));
    Files.writeString(folder.resolve("tokenizer.json"), whole.toString());
    assertThatThrownBy(() -> TokenizerFiles.read(folder).open(16, 40000))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("tokenizer.json: ")
        .hasMessageContaining(message);
  }

  /** The library alone would make millions of encodings of what it cuts off. */
  @Test
  void aPairOfVeryLongTextsIsCutInTime() {
    String book = "word ".repeat(200_000);
    try (Tokenizer tokenizer = BUILT_IN.open(128, 30522)) {
      EncodedText pair =
          assertTimeoutPreemptively(
              Duration.ofMinutes(2), () -> tokenizer.encode(book, "a " + book));
      assertThat(pair.ids()).hasSize(128);
      assertThat(Arrays.stream(pair.types()).sum()).isEqualTo(64);
    }
  }

  private void configure(String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), json);
  }

  private int[] ids(String text) throws IOException {
    try (Tokenizer tokenizer = TokenizerFiles.read(folder).open(16, 100)) {
      return tokenizer.encode(text).ids();
    }
  }

  private static void assertSame(EncodedText actual, EncodedText expected, String text) {
    assertThat(actual.ids()).as(text).isEqualTo(expected.ids());
    assertThat(actual.types()).as(text).isEqualTo(expected.types());
  }

  private static String vocabulary() throws IOException {
    JsonNode vocab = JSON.readTree(BUILT_IN.json()).at("/model/vocab");
    String[] tokens = new String[vocab.size()];
    vocab.properties().forEach(entry -> tokens[entry.getValue().asInt()] = entry.getKey());
    return String.join("\n", tokens) + "\n";
  }
}
