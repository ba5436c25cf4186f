package io.darex.bench.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.fuzz.Mutator;
import io.darex.bench.fuzz.ReaderFuzz;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Mutated tokenizer files: each gives ids below the number of rows, or is refused; the native
 * library, which aborts the process on what it does not expect, must never see such a thing.
 */
class TokenizerFuzzTest {
  private static final int ROWS = 1000;

  private static final List<String> TEXTS =
      List.of(
          "Good film [ENT] isn't   <mask> GOOD [MASK] ",
          "\u200b\u00ad①ﬁ Café 世界 e\u0301\u0301 \uD83D\uDE00\u001e",
          "",
          " ",
          "a\uD800b \u0000",
          "x".repeat(300),
          "  \t\n é ".repeat(40));

  private static final byte[] AS_FILED =
      "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}".getBytes(StandardCharsets.UTF_8);

  private static final Mutator MUTATOR =
      new Mutator(
          List.of(
              "type",
              "Sequence",
              "normalizers",
              "pretokenizers",
              "processors",
              "pattern",
              "String",
              "Regex",
              "content",
              "Replace",
              "Split",
              "Prepend",
              "Strip",
              "NFKC",
              "Nmt",
              "Lowercase",
              "StripAccents",
              "Precompiled",
              "precompiled_charsmap",
              "BertNormalizer",
              "Metaspace",
              "ByteLevel",
              "Digits",
              "Punctuation",
              "Whitespace",
              "behavior",
              "Isolated",
              "Removed",
              "MergedWithNext",
              "prepend_scheme",
              "first",
              "never",
              "always",
              "replacement",
              "TemplateProcessing",
              "BertProcessing",
              "RobertaProcessing",
              "special_tokens",
              "single",
              "pair",
              "SpecialToken",
              "type_id",
              "WordPiece",
              "BPE",
              "Unigram",
              "WordLevel",
              "vocab",
              "merges",
              "unk_id",
              "unk_token",
              "byte_fallback",
              "dropout",
              "ignore_merges",
              "continuing_subword_prefix",
              "end_of_word_suffix",
              "max_input_chars_per_word",
              "added_tokens",
              "lstrip",
              "rstrip",
              "normalized",
              "single_word",
              "truncation",
              "direction",
              "Left",
              "padding",
              "BertTokenizer",
              "PreTrainedTokenizerFast",
              "XLMRobertaTokenizer",
              "CamembertTokenizer",
              "RobertaTokenizer",
              "[UNK]",
              "<s>",
              " {2,}",
              "\\s+",
              "##",
              "▁",
              "A",
              "B"));

  @Test
  void givesIdsOrSaysWhatIsWrong() throws IOException {
    List<Map<String, byte[]>> folders = TokenizerGridTest.folders(7);
    ReaderFuzz.run("tokenizer", 0.1, random -> read(mutated(folders, random), random));
  }

  private static Map<String, byte[]> mutated(
      List<Map<String, byte[]>> folders, SplittableRandom random) {
    Map<String, byte[]> files = new TreeMap<>(folders.get(random.nextInt(folders.size())));
    List<String> names = List.copyOf(files.keySet());
    if (files.containsKey("tokenizer.json") && random.nextInt(3) > 0) {
      // Where what is not known must be seen: here the whole file counts.
      files.put("tokenizer_config.json", AS_FILED);
      files.compute("tokenizer.json", (name, good) -> MUTATOR.json(good, random));
    } else {
      String name = names.get(random.nextInt(names.size()));
      files.compute(
          name,
          (file, good) ->
              file.endsWith(".json") ? MUTATOR.json(good, random) : MUTATOR.text(good, random));
    }
    if (random.nextInt(20) == 0) {
      files.remove(names.get(random.nextInt(names.size())));
    }
    return files;
  }

  private static void read(Map<String, byte[]> files, SplittableRandom random) {
    TokenizerFiles read = new TokenizerFiles(new TreeMap<>(files));
    int length = List.of(2, 5, 6, 9, 64).get(random.nextInt(5));
    try (Tokenizer tokenizer = read.open(length, ROWS)) {
      for (String text : TEXTS) {
        check(tokenizer.encode(text), length);
      }
      String first = TEXTS.get(random.nextInt(TEXTS.size()));
      check(tokenizer.encode(first, TEXTS.get(random.nextInt(TEXTS.size()))), length);
    }
  }

  private static void check(EncodedText text, int length) {
    assertThat(text.ids()).hasSizeLessThanOrEqualTo(length);
    // Not by token: that takes as long as all the rest.
    assertThat(Arrays.stream(text.ids()).allMatch(id -> id >= 0 && id < ROWS)).isTrue();
    assertThat(Arrays.stream(text.types()).allMatch(type -> type == 0 || type == 1)).isTrue();
  }
}
