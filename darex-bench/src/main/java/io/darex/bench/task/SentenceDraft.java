package io.darex.bench.task;

import io.darex.bench.task.Lexicon.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A sentence of {@link Agreement} in the making. It is written twice at once, with the tested verb
 * right and with it wrong, so that the two cannot differ in anything else.
 */
final class SentenceDraft {
  /** The shape of a finite verb. */
  enum Form {
    IS,
    WAS,
    HAS,
    DOES,
    LEXICAL
  }

  /**
   * The nouns whose number matters: what the tested verb agrees with, and what distracts from it.
   */
  enum Role {
    SUBJECT,
    ATTRACTOR
  }

  private static final List<String> PLACES =
      List.of("near", "beside", "behind", "next to", "in front of");
  private static final List<String> OWNERS = List.of("my", "our", "your", "his", "her", "their");

  private final Lexicon lexicon;
  private final RandomChoice dice;
  private final Form form;
  private final boolean subjectPlural;
  private final boolean attractorPlural;
  private final Set<String> drawn = new HashSet<>();
  private final StringBuilder right = new StringBuilder();
  private final StringBuilder wrong = new StringBuilder();

  SentenceDraft(
      Lexicon lexicon,
      RandomChoice dice,
      Form form,
      boolean subjectPlural,
      boolean attractorPlural) {
    this.lexicon = lexicon;
    this.dice = dice;
    this.form = form;
    this.subjectPlural = subjectPlural;
    this.attractorPlural = attractorPlural;
  }

  /** The shape of the tested verb. */
  Form form() {
    return form;
  }

  boolean subjectPlural() {
    return subjectPlural;
  }

  /** The finished sentence, with the tested verb right or wrong. */
  String sentence(boolean acceptable) {
    StringBuilder text = acceptable ? right : wrong;
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  /** Appends words; empty ones leave no trace. */
  SentenceDraft say(String... words) {
    for (String word : words) {
      both(word, word);
    }
    return this;
  }

  /** Appends one of these words. */
  SentenceDraft sayOneOf(String... words) {
    return say(dice.of(List.of(words)));
  }

  SentenceDraft stop(String mark) {
    right.append(mark);
    wrong.append(mark);
    return this;
  }

  /** Person or thing. */
  Kind anyNoun() {
    return dice.oneIn(2) ? Kind.THING : Kind.PERSON;
  }

  /** Appends a noun phrase with a determiner that has no number of its own. */
  SentenceDraft noun(Kind kind, Role role) {
    return noun(kind, role == Role.SUBJECT ? subjectPlural : attractorPlural);
  }

  SentenceDraft noun(Kind kind, boolean plural) {
    return say(dice.oneIn(4) ? dice.of(OWNERS) : "the").bareNoun(kind, plural);
  }

  /** Appends a noun, sometimes with an adjective before it. */
  SentenceDraft bareNoun(Kind kind, boolean plural) {
    return say(dice.oneIn(4) ? adjective(kind) : "").say(draw(kind).get(plural ? 1 : 0));
  }

  /** Appends where something is: a preposition and the attractor. */
  SentenceDraft place() {
    return say(dice.of(PLACES)).noun(anyNoun(), Role.ATTRACTOR);
  }

  /** Appends a verb that is tested if it agrees with the subject, and always right if not. */
  SentenceDraft finite(Role role, String singular, String plural) {
    return role == Role.ATTRACTOR
        ? say(attractorPlural ? plural : singular)
        : both(subjectPlural ? plural : singular, subjectPlural ? singular : plural);
  }

  /** Appends what a person or thing does or is. */
  SentenceDraft predicate(Kind kind, Role role) {
    List<String> verb = draw(kind == Kind.PERSON ? Kind.ACT : Kind.LINK);
    String adjective = adjective(kind);
    return verbPhrase(role, verb, kind == Kind.PERSON ? "" : adjective, adverb(kind), adjective);
  }

  /** Appends what a person does to a person or thing, which stands elsewhere. */
  SentenceDraft transitive(Kind object, Role role) {
    List<String> verb = draw(object == Kind.PERSON ? Kind.FEEL : Kind.USE);
    return verbPhrase(role, verb, "", "", draw(Kind.REGARD).get(0) + " of");
  }

  /** Appends the past tense, which has no number, of what a person does to a person or thing. */
  SentenceDraft transitivePast(Kind object) {
    return say(draw(object == Kind.PERSON ? Kind.FEEL : Kind.USE).get(2));
  }

  /** A random entry of the class that this sentence has not drawn yet. */
  List<String> draw(Kind kind) {
    List<String> entry;
    do {
      entry = dice.of(lexicon.entries().get(kind));
    } while (!drawn.add(entry.get(0)));
    return entry;
  }

  /** An adjective that fits persons, or things. */
  String adjective(Kind kind) {
    return draw(kind == Kind.PERSON ? Kind.STATE : Kind.QUALITY).get(0);
  }

  /** Sometimes an adverb of frequency, never for things, which are not "often wooden". */
  String adverb(Kind kind) {
    return kind == Kind.PERSON && dice.oneIn(3) ? draw(Kind.ADVERB).get(0) : "";
  }

  private SentenceDraft verbPhrase(
      Role role, List<String> verb, String afterVerb, String adverb, String afterBe) {
    Form shape = role == Role.SUBJECT ? form : dice.of(List.of(Form.values()));
    return switch (shape) {
      case IS -> finite(role, "is", "are").say(adverb, afterBe);
      case WAS -> finite(role, "was", "were").say(adverb, afterBe);
      case HAS -> finite(role, "has", "have").say(adverb, verb.get(2), afterVerb);
      case DOES -> finite(role, "does", "do").say("not", adverb, verb.get(0), afterVerb);
      case LEXICAL -> say(adverb).finite(role, verb.get(1), verb.get(0)).say(afterVerb);
    };
  }

  private SentenceDraft both(String ifRight, String ifWrong) {
    append(right, ifRight);
    append(wrong, ifWrong);
    return this;
  }

  private static void append(StringBuilder text, String word) {
    if (!word.isEmpty()) {
      text.append(text.isEmpty() ? "" : " ").append(word);
    }
  }
}
