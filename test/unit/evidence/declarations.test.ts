import { expect, test } from 'vitest';
import { evidenceOver, shown } from './support.ts';

const LOGGER = {
  'src/Configuration.cs':
    'public class Configuration\n{\n    /// Takes objects apart.\n    public Destructuring Destructure { get; }\n\n' +
    '    public Logger Create() => new(Destructure);\n}\n',
  'src/ISink.cs': 'public interface ISink\n{\n    void Emit(LogEvent logEvent);\n}\n',
  'test/ConfigurationTests.cs':
    'public class ConfigurationTests\n{\n    void Destructure()\n    {\n        new Configuration().Destructure;\n    }\n}\n',
};

test('a property, and a method of an interface, are where their type declares them', async () => {
  expect(shown(await evidenceOver(LOGGER, 'Where is `Emit` defined?'))).toEqual(['definition src/ISink.cs:3 Emit']);
  expect(shown(await evidenceOver(LOGGER, 'Where is the property Destructure defined?'))).toEqual([
    'definition src/Configuration.cs:3-4 Destructure',
    'definition test/ConfigurationTests.cs:3 Destructure',
  ]);
  expect(shown(await evidenceOver(LOGGER, 'Where is `Create` defined?'))).toEqual([
    'definition src/Configuration.cs:6 Create',
  ]);
  expect(shown(await evidenceOver(LOGGER, 'Who uses `Destructure`?'))[0]).toBe(
    'definition src/Configuration.cs:3-4 Destructure',
  );
});

test('a plain word of a question is no name of a member', async () => {
  const files = { 'src/options.py': 'class Options:\n    colour = 5\n' };
  expect(shown(await evidenceOver(files, 'Where is the colour?'))).toEqual([]);
  expect(shown(await evidenceOver(files, 'Where is `colour` defined?'))).toEqual([
    'definition src/options.py:2 colour',
  ]);
});
