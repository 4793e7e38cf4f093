using Exporters;
using ServiceDefaults;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddPlatformDefaults("exporters");
builder.Services.AddExporters();

var app = builder.Build();
app.MapPlatformDefaults();
await app.RunAsync();
