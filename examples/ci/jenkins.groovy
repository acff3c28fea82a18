// Runs a Jenkinsfile the way Jenkins would: jenkins.groovy FILE change|push|timer [WORDS=CODE..]
// Every directive and step that is bound here is one of Jenkins or of its usual plugins, with the arguments it takes; any
// other fails. Prints what happens. Commands of `sh` are run with RUN=yes; else only their syntax is checked, and one that
// contains WORDS ends with exit code CODE.

import org.codehaus.groovy.control.CompilerConfiguration

class Build {
    static String event
    static Map<String, Integer> codes = [:]
    static Map<String, String> environment = [:]
    static List<File> directories = [new File('.').canonicalFile]
    static boolean really = System.getenv('RUN') == 'yes'

    static void say(String text) { println(('  ' * (directories.size() - 1)) + text) }

    // An agent gives a place to run commands; without one they cannot be run.
    static boolean onAgent = false

    // What failed the build without stopping it.
    static Failed caught
}

class Failed extends Exception {
    Failed(String why) { super(why) }
}

abstract class Block {
    void fill(Closure body) {
        body.delegate = this
        body.resolveStrategy = Closure.DELEGATE_ONLY
        body()
    }

    static void known(Map given, List<String> names) {
        def others = given.keySet() - names
        if (others) throw new Failed("unknown arguments: ${others.join(', ')}")
    }
}

class Steps extends Block {
    private void place(String step) {
        if (!Build.onAgent) throw new Failed("`${step}` needs an agent")
    }

    def sh(String script) { sh(script: script) }

    def sh(Map given) {
        place('sh')
        known(given, ['script', 'returnStatus', 'returnStdout', 'label', 'encoding'])
        Build.say("sh ${given.script}")
        def code
        if (Build.really) {
            code = run(['sh', '-xe', '-c', given.script], Build.directories.last())
        } else {
            if (run(['sh', '-n', '-c', given.script], Build.directories.first())) throw new Failed("no shell command: ${given.script}")
            code = Build.codes.find { words, _ -> given.script.contains(words) }?.value ?: 0
        }
        if (given.returnStatus) return code
        if (code) throw new Failed("script returned exit code ${code}")
    }

    private static int run(List<String> words, File directory) {
        def builder = new ProcessBuilder(words).directory(directory).redirectErrorStream(true)
        builder.environment().putAll(Build.environment)
        def process = builder.start()
        process.outputStream.close()
        process.inputStream.eachLine { println it }
        process.waitFor()
    }

    def dir(String path, Closure body) {
        place('dir')
        Build.say("dir ${path}")
        Build.directories << new File(Build.directories.last(), path)
        try { fill(body) } finally { Build.directories.remove(Build.directories.size() - 1) }
    }

    def script(Closure body) { fill(body) }

    def catchError(Closure body) {
        try {
            fill(body)
        } catch (Failed wrong) {
            Build.say("caught ${wrong.message}")
            Build.caught = wrong
        }
    }

    def echo(String text) { Build.say("echo ${text}") }

    def error(String text) { throw new Failed(text) }

    def milestone(int ordinal) { Build.say("milestone ${ordinal}") }

    def junit(Map given) {
        place('junit')
        known(given, ['testResults', 'allowEmptyResults', 'keepLongStdio', 'skipPublishingChecks'])
        Build.say("junit ${given.testResults}")
    }

    def archiveArtifacts(Map given) {
        place('archiveArtifacts')
        known(given, ['artifacts', 'allowEmptyArchive', 'excludes', 'fingerprint', 'onlyIfSuccessful'])
        Build.say("archiveArtifacts ${given.artifacts}")
    }

    Map getEnv() { Build.environment }
}

class When extends Block {
    List<Boolean> answers = []

    def beforeAgent(boolean yes) {}
    def beforeInput(boolean yes) {}
    def branch(String name) { answers << (Build.environment.BRANCH_NAME == name) }
    def changeRequest() { answers << (Build.event == 'change') }
    def triggeredBy(String cause) {
        if (!(cause in ['TimerTrigger', 'SCMTrigger', 'UpstreamCause', 'UserIdCause'])) throw new Failed("unknown cause ${cause}")
        answers << (cause == 'TimerTrigger' && Build.event == 'timer')
    }
    def expression(Closure body) { answers << (body() as boolean) }
    def not(Closure body) { answers << !inner(body).every() }
    def anyOf(Closure body) { answers << inner(body).any() }
    def allOf(Closure body) { answers << inner(body).every() }

    private static List<Boolean> inner(Closure body) {
        def one = new When()
        one.fill(body)
        one.answers
    }
}

class Input extends Block {
    String asked
    String parameter

    def message(String text) { asked = text }
    def ok(String text) {}
    def id(String text) {}
    def submitter(String names) {}
    def submitterParameter(String name) { parameter = name }
}

class Agent extends Block {
    def label(String name) {}
}

class Options extends Block {
    def timestamps() {}
    def disableConcurrentBuilds(Map given = [:]) { known(given, ['abortPrevious']) }
    def timeout(Map given) {
        known(given, ['time', 'unit', 'activity'])
        if (!(given.unit in [null, 'SECONDS', 'MINUTES', 'HOURS', 'DAYS'])) throw new Failed("unknown unit ${given.unit}")
    }
    def skipDefaultCheckout(boolean yes = true) {}
}

class Triggers extends Block {
    def cron(String when) { Build.say("cron ${when ?: '(never)'}") }
    Map getEnv() { Build.environment }
}

class Variables extends Block {
    void setProperty(String name, Object value) {
        if (!(name ==~ /[A-Za-z_][A-Za-z0-9_]*/)) throw new Failed("no name of a variable: ${name}")
        // What the caller sets is for trying it elsewhere.
        Build.environment[name] = System.getenv(name) ?: value.toString()
    }
}

class Post extends Block {
    List<Closure> bodies = []

    def always(Closure body) { bodies << body }
    def cleanup(Closure body) { bodies << body }
}

class Stage extends Block {
    String name
    private Map<String, Closure> parts = [:]

    private void part(String kind, Closure body) {
        if (parts.containsKey(kind)) throw new Failed("stage ${name} has two of ${kind}")
        parts[kind] = body
    }

    def when(Closure body) { part('when', body) }
    def agent(Closure body) { part('agent', body) }
    def options(Closure body) { part('options', body) }
    def environment(Closure body) { part('environment', body) }
    def input(Closure body) { part('input', body) }
    def steps(Closure body) { part('steps', body) }
    def stages(Closure body) { part('stages', body) }
    def post(Closure body) { part('post', body) }

    void go() {
        if (parts.containsKey('steps') == parts.containsKey('stages')) {
            throw new Failed("stage ${name} has either steps or stages")
        }
        def condition = new When()
        if (parts.when) condition.fill(parts.when)
        if (!condition.answers.every()) return
        Build.say("[${name}]")
        if (parts.options) new Options().fill(parts.options)
        if (parts.environment) new Variables().fill(parts.environment)
        if (parts.input) ask()
        def before = Build.onAgent
        if (parts.agent) {
            new Agent().fill(parts.agent)
            Build.onAgent = true
        }
        try {
            if (parts.steps) new Steps().fill(parts.steps)
            if (parts.stages) new Stages().fill(parts.stages)
        } finally {
            if (parts.post) after()
            Build.onAgent = before
        }
    }

    private void ask() {
        def input = new Input()
        input.fill(parts.input)
        if (!input.asked) throw new Failed("input of stage ${name} has no message")
        Build.say("input ${input.asked} anna: yes")
        if (input.parameter) Build.environment[input.parameter] = 'anna'
    }

    private void after() {
        def post = new Post()
        post.fill(parts.post)
        post.bodies.each { new Steps().fill(it) }
    }
}

class Stages extends Block {
    def stage(String name, Closure body) {
        def stage = new Stage(name: name)
        stage.fill(body)
        stage.go()
    }
}

class Pipeline extends Block {
    static final String none = 'none'

    def agent(String which) {
        if (which != none) throw new Failed("unknown agent ${which}")
    }
    def agent(Closure body) {
        new Agent().fill(body)
        Build.onAgent = true
    }
    def options(Closure body) { new Options().fill(body) }
    def triggers(Closure body) { new Triggers().fill(body) }
    def environment(Closure body) { new Variables().fill(body) }
    def stages(Closure body) { new Stages().fill(body) }
}

abstract class Declarative extends Script {
    static int pipelines = 0

    def pipeline(Closure body) {
        pipelines++
        new Pipeline().fill(body)
    }
}

Build.event = args[1]
if (!(Build.event in ['change', 'push', 'timer'])) throw new Failed("unknown event ${Build.event}")
Build.environment.BRANCH_NAME = Build.event == 'change' ? 'PR-7' : 'main'
args.drop(2).each {
    def (words, code) = it.split('=')
    Build.codes[words] = code as int
}
def configuration = new CompilerConfiguration()
configuration.scriptBaseClass = 'Declarative'
try {
    new GroovyShell(this.class.classLoader, new Binding(), configuration).evaluate(new File(args[0]).text, 'Delivery.groovy')
    if (Declarative.pipelines != 1) throw new Failed("the file has ${Declarative.pipelines} pipelines")
    if (Build.caught) throw Build.caught
    println 'SUCCESS'
} catch (Exception | Error wrong) {
    println "FAILURE ${wrong.message ?: wrong}"
    System.exit(1)
}
