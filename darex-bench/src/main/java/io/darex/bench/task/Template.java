package io.darex.bench.task;

import io.darex.bench.task.Lexicon.Kind;
import io.darex.bench.task.SentenceDraft.Role;
import java.util.List;

/**
 * The constructions of {@link Agreement}, each a way to place a subject, an attractor and the
 * tested verb. No rule on the order of the words serves them all: the subject may be the nearest
 * noun before the verb, the first noun or neither, and may follow the verb.
 */
enum Template {
  /** The boy trusts the girls. */
  TRANSITIVE {
    @Override
    void write(SentenceDraft d) {
      Kind object = d.anyNoun();
      d.noun(Kind.PERSON, Role.SUBJECT)
          .transitive(object, Role.SUBJECT)
          .noun(object, Role.ATTRACTOR)
          .stop(".");
    }
  },

  /** The key near the cabinets is old. */
  PREPOSITIONAL {
    @Override
    void write(SentenceDraft d) {
      Kind subject = d.anyNoun();
      d.noun(subject, Role.SUBJECT).place().predicate(subject, Role.SUBJECT).stop(".");
    }
  },

  /** The author that the guards trust laughs: the verb of the main clause. */
  OBJECT_RELATIVE {
    @Override
    void write(SentenceDraft d) {
      Kind subject = d.anyNoun();
      d.noun(subject, Role.SUBJECT).say("that").noun(Kind.PERSON, Role.ATTRACTOR);
      d.transitive(subject, Role.ATTRACTOR).predicate(subject, Role.SUBJECT).stop(".");
    }
  },

  /** The authors that the guard trusts laugh: the verb of the relative clause. */
  WITHIN_OBJECT_RELATIVE {
    @Override
    void write(SentenceDraft d) {
      Kind head = d.anyNoun();
      d.noun(head, Role.ATTRACTOR).say("that").noun(Kind.PERSON, Role.SUBJECT);
      d.transitive(head, Role.SUBJECT).predicate(head, Role.ATTRACTOR).stop(".");
    }
  },

  /** The author that followed the guards laughs. */
  SUBJECT_RELATIVE {
    @Override
    void write(SentenceDraft d) {
      Kind object = d.anyNoun();
      d.noun(Kind.PERSON, Role.SUBJECT).sayOneOf("that", "who").transitivePast(object);
      d.noun(object, Role.ATTRACTOR).predicate(Kind.PERSON, Role.SUBJECT).stop(".");
    }
  },

  /**
   * The boys and the girl laugh; the boys waited and the girl laughs. The noun before the verb is
   * always singular: what counts is whether the first one has a verb of its own.
   */
  COORDINATION {
    @Override
    void write(SentenceDraft d) {
      d.noun(Kind.PERSON, Role.ATTRACTOR);
      if (!d.subjectPlural()) {
        d.say(d.draw(Kind.ACT).get(2));
      }
      d.say("and").noun(Kind.PERSON, false).predicate(Kind.PERSON, Role.SUBJECT).stop(".");
    }
  },

  /** The doctors noticed that the boy was tired. */
  COMPLEMENT {
    @Override
    void write(SentenceDraft d) {
      Kind subject = d.anyNoun();
      d.noun(Kind.PERSON, Role.ATTRACTOR).say(d.draw(Kind.REPORT).get(0), "that");
      d.noun(subject, Role.SUBJECT).predicate(subject, Role.SUBJECT).stop(".");
    }
  },

  /** There is no key near the cabinets: the subject follows the verb. */
  EXISTENTIAL {
    @Override
    void write(SentenceDraft d) {
      d.say("there");
      switch (d.form()) {
        case IS -> d.finite(Role.SUBJECT, "is", "are").say("no");
        case WAS -> d.finite(Role.SUBJECT, "was", "were").say("no");
        case HAS -> d.finite(Role.SUBJECT, "has", "have").say("been no");
        case DOES -> d.finite(Role.SUBJECT, "does", "do").say("not seem to be any");
        case LEXICAL -> d.finite(Role.SUBJECT, "seems", "seem").say("to be no");
      }
      d.bareNoun(d.anyNoun(), d.subjectPlural()).place().stop(".");
    }
  },

  /** Does the boy near the girls laugh? */
  QUESTION {
    @Override
    void write(SentenceDraft d) {
      Kind subject = d.anyNoun();
      switch (d.form()) {
        case IS -> d.finite(Role.SUBJECT, "is", "are");
        case WAS -> d.finite(Role.SUBJECT, "was", "were");
        case HAS -> d.finite(Role.SUBJECT, "has", "have");
        case DOES -> d.finite(Role.SUBJECT, "does", "do");
        case LEXICAL -> d.say("why").finite(Role.SUBJECT, "does", "do");
      }
      d.noun(subject, Role.SUBJECT).place().say(d.adverb(subject));
      List<String> verb = d.draw(subject == Kind.PERSON ? Kind.ACT : Kind.LINK);
      String adjective = d.adjective(subject);
      switch (d.form()) {
        case IS, WAS -> d.say(adjective);
        case HAS -> d.say(verb.get(2), subject == Kind.PERSON ? "" : adjective);
        case DOES, LEXICAL -> d.say(verb.get(0), subject == Kind.PERSON ? "" : adjective);
      }
      d.stop("?");
    }
  },

  /** One of the boys near the girls laughs: the noun is plural, the quantifier decides. */
  QUANTIFIED {
    @Override
    void write(SentenceDraft d) {
      Kind subject = d.anyNoun();
      if (d.subjectPlural()) {
        d.sayOneOf("two of", "several of", "many of");
      } else {
        d.sayOneOf("one of", "only one of", "exactly one of");
      }
      d.noun(subject, true).place().predicate(subject, Role.SUBJECT).stop(".");
    }
  };

  /** Writes one sentence. */
  abstract void write(SentenceDraft d);
}
