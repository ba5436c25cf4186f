package io.darex.bench.task;

import io.darex.bench.console.BadInputException;
import io.darex.bench.task.SentenceDraft.Form;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * English subject–verb agreement: is a sentence acceptable (1) or its one tested verb in the wrong
 * number (0)? Generated, so that a first run needs no download.
 *
 * <p>The corpus is balanced over construction × number of the subject × number of an attractor ×
 * form of the verb × label, so that neither the words nor the number of any one noun tells the
 * label: a reader has to find the subject. No noun, verb, adjective or adverb of dev stands in
 * train. A sentence never stands beside its own counterpart with the other label: a model that
 * knows one by heart would get the other wrong, and validation would be worse than dev.
 *
 * @param seed of all draws
 * @param trainSize number of train examples
 * @param devSize number of dev examples
 */
public record Agreement(long seed, int trainSize, int devSize) implements Source {
  /** Sizes are multiples of this: it balances every construction over subject and label. */
  public static final int STEP = 4 * Template.values().length;

  /** Beyond this the dev words might run out of new sentences. */
  private static final int MOST = 500 * STEP;

  /** The corpus of the task {@code agreement}; it is the same whatever the seed of a run. */
  public static final Agreement DEFAULT = new Agreement(0, 4000, 1000);

  private static final List<Template> TEMPLATES = List.of(Template.values());
  private static final List<Form> FORMS = List.of(Form.values());

  /**
   * Subject plural, attractor plural, acceptable. Either half is balanced in each of the three and
   * each two of them, so a corpus that ends within the list is balanced too.
   */
  private static final boolean[][] CELLS = {
    {false, false, false}, {false, true, true}, {true, false, true}, {true, true, false},
    {false, false, true}, {false, true, false}, {true, false, false}, {true, true, true}
  };

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if one is no positive multiple of {@link #STEP}, or over 20000
   */
  public Agreement {
    check(trainSize);
    check(devSize);
  }

  @Override
  public boolean needsGlue() {
    return false;
  }

  /** The train or the dev sentences; the folder is not looked at. */
  @Override
  public List<Part> parts(Partition partition, DataFolder folder) {
    return switch (partition) {
      case TRAIN -> List.of(Part.of("train", train()));
      case DEV -> List.of(Part.of("dev", dev()));
      case TEST ->
          throw new BadInputException("agreement: expected train or dev, got test: it has none");
    };
  }

  List<Example> train() {
    return generate(Lexicon.of("train"), trainSize, new RandomChoice(seed, 0));
  }

  List<Example> dev() {
    return generate(Lexicon.of("dev"), devSize, new RandomChoice(seed, 1));
  }

  private static List<Example> generate(Lexicon lexicon, int size, RandomChoice dice) {
    List<Example> examples = new ArrayList<>(size);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < size; i++) {
      int round = i / TEMPLATES.size();
      boolean[] cell = CELLS[round % CELLS.length];
      Form form = FORMS.get(round / CELLS.length % FORMS.size());
      SentenceDraft draft;
      do {
        draft = new SentenceDraft(lexicon, dice, form, cell[0], cell[1]);
        TEMPLATES.get(i % TEMPLATES.size()).write(draft);
      } while (!seen.add(draft.sentence(true)));
      examples.add(Example.of(draft.sentence(cell[2]), cell[2] ? 1 : 0));
    }
    List<Example> shuffled = new ArrayList<>(size);
    for (int index : dice.permutation(size)) {
      shuffled.add(examples.get(index));
    }
    return shuffled;
  }

  private static void check(int size) {
    if (size < STEP || size > MOST || size % STEP != 0) {
      throw new IllegalArgumentException(
          "a size must be a multiple of " + STEP + " up to " + MOST + ", got " + size);
    }
  }
}
