package io.darex.bench.task;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The content words of one split of {@link Agreement}, from the resource {@code agreement.txt}. */
record Lexicon(Map<Kind, List<List<String>>> entries) {
  /**
   * The classes of words. Each entry of the first two is singular/plural, of a verb
   * base/third/past.
   */
  enum Kind {
    PERSON,
    THING,
    /** What persons do: verbs without object. */
    ACT,
    /** What persons do to persons. */
    FEEL,
    /** What persons do to things. */
    USE,
    /** Verbs that link a thing to a quality. */
    LINK,
    /** Adjectives of persons. */
    STATE,
    /** Adjectives of things. */
    QUALITY,
    /** Adjectives that take "of". */
    REGARD,
    /** Past tense verbs that take a clause. */
    REPORT,
    /** Adverbs of frequency. */
    ADVERB
  }

  /** Reads the words of the split called {@code train} or {@code dev}. */
  static Lexicon of(String split) {
    Map<Kind, List<List<String>>> entries = new EnumMap<>(Kind.class);
    for (String line : lines()) {
      if (line.startsWith(split + " ")) {
        int colon = line.indexOf(':');
        String kind = line.substring(split.length() + 1, colon).toUpperCase(Locale.ROOT);
        List<List<String>> ofKind =
            entries.computeIfAbsent(Kind.valueOf(kind), k -> new ArrayList<>());
        for (String entry : line.substring(colon + 1).strip().split(" +", -1)) {
          ofKind.add(List.of(entry.split("/", -1)));
        }
      }
    }
    return new Lexicon(entries);
  }

  private static List<String> lines() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Lexicon.class.getResourceAsStream("agreement.txt"), StandardCharsets.UTF_8))) {
      return in.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
