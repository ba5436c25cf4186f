package io.darex.bench.tokenizer;

import io.darex.bench.console.BadInputException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How transformers makes a tokenizer of a folder, which the class that {@code
 * tokenizer_config.json} names decides. All but {@link #AS_FILED} take nothing but vocabulary and
 * merges from a {@code tokenizer.json} and set up the rest by {@code tokenizer_config.json}.
 */
enum TokenizerKind {
  /** WordPiece with the types 0 and 1. */
  BERT(
      "WordPiece",
      "Bert",
      "Electra",
      "MobileBert",
      "SqueezeBert",
      "RetriBert",
      "ConvBert",
      "LayoutLM"),
  /** The same without types. */
  DISTILBERT("WordPiece", "DistilBert"),
  /** Byte-level BPE. */
  ROBERTA("BPE", "Roberta", "Longformer", "Bart"),
  /** Unigram; the piece of number 3 stands for unknown ones. */
  XLM_ROBERTA("Unigram", "XLMRoberta"),
  /** Unigram; the piece called {@code unk_token} stands for unknown ones. */
  CAMEMBERT("Unigram", "Camembert"),
  /** What {@code tokenizer.json} says. */
  AS_FILED("");

  private static final String SUFFIX = "Tokenizer";

  /** transformers' own names for {@link #AS_FILED}. */
  private static final List<String> BACKEND =
      List.of("TokenizersBackend", "PreTrainedTokenizer", "PreTrainedTokenizerFast");

  /** The tokenizers of models whose {@code tokenizer_config.json} names none. */
  private static final Map<String, TokenizerKind> BY_MODEL =
      Map.of(
          "bert", BERT,
          "distilbert", BERT,
          "electra", BERT,
          "roberta", ROBERTA,
          "xlm-roberta", XLM_ROBERTA,
          "camembert", CAMEMBERT);

  private final String model;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> names;

  TokenizerKind(String model, String... names) {
    this.model = model;
    this.names = List.of(names);
  }

  /**
   * The kind of a class of transformers, with or without {@code Fast}.
   *
   * @throws BadInputException if it is another, whose ids would differ
   */
  static TokenizerKind ofClass(String where, String name) {
    if (BACKEND.contains(name)) {
      return AS_FILED;
    }
    String bare = name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name;
    return Arrays.stream(values())
        .filter(kind -> kind.names.stream().anyMatch(own -> bare.equals(own + SUFFIX)))
        .findFirst()
        .orElseThrow(
            () ->
                new BadInputException(
                    where
                        + ": tokenizer_class: expected the tokenizer of BERT, DistilBERT, ELECTRA,"
                        + " RoBERTa, XLM-RoBERTa or CamemBERT, or PreTrainedTokenizerFast, got "
                        + BadInputException.quote(name)));
  }

  static Optional<TokenizerKind> ofModel(String modelType) {
    return Optional.ofNullable(BY_MODEL.get(modelType));
  }

  /** The type of its model in a {@code tokenizer.json}; empty where any is. */
  String model() {
    return model;
  }

  boolean wordPiece() {
    return model.equals("WordPiece");
  }

  boolean unigram() {
    return model.equals("Unigram");
  }

  /**
   * Whether the second text of a pair has type 1 where no {@code model_input_names} say so; of
   * {@link #AS_FILED} transformers 5 gives the model no types, which 4 did.
   */
  boolean types() {
    return this == BERT;
  }

  /** The special tokens of its class that no file has to name. */
  Map<String, String> specials() {
    if (this == AS_FILED) {
      return Map.of();
    }
    return wordPiece()
        ? Map.of(
            "unk_token", "[UNK]",
            "sep_token", "[SEP]",
            "pad_token", "[PAD]",
            "cls_token", "[CLS]",
            "mask_token", "[MASK]")
        : Map.of(
            "bos_token", "<s>",
            "eos_token", "</s>",
            "unk_token", "<unk>",
            "sep_token", "</s>",
            "pad_token", "<pad>",
            "cls_token", "<s>",
            "mask_token", "<mask>");
  }
}
